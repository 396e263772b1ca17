"""The audit log of retrievals: who asked the memory for what, and which lines went out.

`retrievals` in the private folder, one JSON object a line, the newest last. It is bounded: a full file
becomes `retrievals.1`, and the one that had that name goes. Standard library only: recall and the MCP
server write here.
"""

import os
import time

from commonplace.errors import Busy
from commonplace.lock import Lock
from commonplace.place import Place
from commonplace.secrets import masked
from commonplace.text import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST = 1_000_000
"""How large the log grows before it is put aside, in bytes; one older file is kept."""

_QUERY = 500
"""How much of a query is kept, in characters."""


class Retrieval:
    """One retrieval. at: UTC, `2026-11-20T14:03:11Z` · client: `cli`, or the MCP client's name ·
    session: the agent's session, "" where it is not known · query: what was asked, secrets masked, "" for
    nothing · budget, chars: characters allowed and given · ids: the lines that went out.
    """

    __slots__ = ("at", "budget", "chars", "client", "ids", "query", "session")

    def __init__(self, at: str, client: str, session: str, query: str, budget: int, chars: int,
                 ids: "Sequence[str]") -> None:  # fmt: skip
        self.at = at
        self.client = client
        self.session = session
        self.query = query
        self.budget = budget
        self.chars = chars
        self.ids = list(ids)


FIELDS = ("at", "client", "session", "query", "budget", "chars", "ids")
"""The order of a line's keys."""


def note(
    place: Place,
    *,
    client: str,
    session: str,
    query: str,
    budget: int,
    chars: int,
    ids: "Sequence[str]",
) -> bool:
    """Append a retrieval with one write; tell whether it could be written (a full or read-only disk)."""
    import json

    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    said = Retrieval(at, one_line(client, 80), session, one_line(masked(query), _QUERY), budget, chars, ids)
    line = json.dumps({name: getattr(said, name) for name in FIELDS}) + "\n"
    path = place.inside("retrievals")
    try:
        os.makedirs(place.private, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(handle, line.encode())
            full = os.fstat(handle).st_size > MOST
        finally:
            os.close(handle)
        if full:
            _put_aside(place, path)
    except OSError:
        return False
    return True


def _put_aside(place: Place, path: str) -> None:
    """Begin a new file. Under a lock and looked at again: of two that find it full, one moves it."""
    try:
        with Lock(place, "a retrieval", name="retrievals.lock"):
            if os.stat(path).st_size > MOST:
                os.replace(path, f"{path}.1")
    except Busy:
        return


def read(place: Place) -> "list[Retrieval]":
    """Return the retrievals that are still on file, the oldest first; what is no such line is skipped."""
    return [found for name in ("retrievals.1", "retrievals") for found in _lines(place.inside(name))]


def facts(place: Place) -> frozenset[str]:
    """Return the ids, without `^`, of the facts that went out."""
    return frozenset(ref[1:] for one in read(place) for ref in one.ids if ref.startswith("^"))


def _lines(path: str) -> "Iterator[Retrieval]":
    import json

    try:
        with open(path, encoding="utf-8") as file:
            lines = file.readlines()
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        try:
            said = json.loads(line)
            yield Retrieval(**{name: said[name] for name in FIELDS})
        except (ValueError, TypeError, KeyError):
            continue
