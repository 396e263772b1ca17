"""The client that a server serves: where it stands, which memory and project that means, what it was told."""

import os
import sys
import threading

from commonplace import caller, compiled, hot, place, retrievals
from commonplace.boundary import sessions
from commonplace.errors import UsageError
from commonplace.hosts import NAMES
from commonplace.mcp.recalling import Search
from commonplace.place import Place
from commonplace.text import slug

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from commonplace.mcp.protocol import Asker

ROOTS_WAIT = 0.5
"""How long a call waits for the client to say which folders it works in, in seconds."""

SERVED = 5000
"""How many of the lines that went out are remembered."""


class Client:
    """Where the client is and what it may: `folder` is its first root, else where we were started.

    reads_only: a worker that our own drain has started is asking; it gets no tool that writes · served:
    normal form → id of the lines that went out, so that none comes back as new.
    """

    def __init__(self, repo: str, environ: "Mapping[str, str]", cwd: str) -> None:
        self.repo = repo
        self.folder = cwd
        self.reads_only = bool(environ.get("COMMONPLACE_WORKER"))
        self.roots_known = threading.Event()
        self.roots_known.set()
        self.search = Search()
        self.served: dict[str, str] = {}
        self._environ = environ

    def rooted(self, roots: object) -> None:
        """Take the client's answer to which folders it works in: its first one that is here counts."""
        found = roots.get("roots") if isinstance(roots, dict) else None
        for root in found if isinstance(found, list) else []:
            folder = _folder(root.get("uri") if isinstance(root, dict) else None)
            if folder:
                self.folder = folder
                break
        self.roots_known.set()

    def place(self) -> Place:
        """Return the memory repository, found as every verb finds it, or raise CommonplaceError.

        What is secret there is masked from then on: the person's own patterns may have changed meanwhile.
        """
        self.roots_known.wait(ROOTS_WAIT)
        self.roots_known.set()  # a client that does not answer is waited for once
        here = place.find(self.repo, self._environ, self.folder)
        hot.learn(here, self._environ)
        return here

    def project(self) -> str:
        """Return the id of the project that the client works in, "" for none."""
        return place.project_id(self.folder)

    def settings(self, here: Place) -> "dict[str, str]":
        """Return settings and boundary texts, compiled."""
        return compiled.load(here, self._environ)

    def environ(self, asker: "Asker") -> "dict[str, str]":
        """Return the environment with the client named as the host: it is an agent, whoever started it."""
        return {**self._environ, "COMMONPLACE_HOST": host_of(asker.client) or "mcp"}

    def session(self, here: Place, asker: "Asker") -> str:
        """Return the agent's session, "" where neither the environment nor the registry tells."""
        environ = self.environ(asker)
        try:
            return sessions.check_id(caller.session(environ))
        except UsageError:
            return sessions.of_process(here)

    def serve(self, lines: "Iterable[tuple[str, str]]") -> None:
        """Remember (text, ref) of what goes out, the last of it, so that it does not come back as new."""
        from commonplace.memory.words import normal

        self.served.update((normal(text), ref) for text, ref in lines)
        for key in list(self.served)[:-SERVED]:
            del self.served[key]

    def note(
        self, here: Place, asker: "Asker", query: str, budget: int, chars: int, ids: "list[str]"
    ) -> None:
        """Write a retrieval into the audit log; where that cannot be written, say so."""
        session = self.session(here, asker)
        client = asker.client or "mcp"
        if not retrievals.note(
            here, client=client, session=session, query=query, budget=budget, chars=chars, ids=ids
        ):
            sys.stderr.write("commonplace mcp: the log of retrievals cannot be written\n")


def host_of(client: str) -> str:
    """Return the host's name for what a client calls itself: `codex-mcp-client` → `codex`."""
    plain = slug(client)
    words = plain.split("-")
    return next(
        (name for name in NAMES if plain.startswith(name) or name.removesuffix("-cli") in words), plain
    )


def _folder(uri: object) -> str:
    """Return the folder that a `file:` address names, "" for anything else."""
    if not isinstance(uri, str) or not uri.startswith("file://"):
        return ""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(uri)
    path = unquote(parts.path).lstrip("/" if os.name == "nt" else "")
    return path if parts.netloc in ("", "localhost") and os.path.isdir(path) else ""
