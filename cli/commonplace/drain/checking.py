"""The check: a person's command, a linter or an eval, that looks at a proposal before it is offered.

It runs in a folder of its own that holds skills/ and rules/ as they would be with the proposal applied.
What it says is kept with the proposal; nothing is dropped for it.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from threading import Event

from commonplace.drain import child
from commonplace.drain.lessons import PASSED, Draft
from commonplace.drain.workers import FOUND_NOTHING, Worker, environment
from commonplace.secrets import masked
from commonplace.settings import Settings
from commonplace.worktree import File

SHOWN = 12
"""How many lines of its output are kept with a proposal."""


@dataclass(frozen=True)
class Verdict:
    """What the check says of a proposal: `passed`, or why not · output: the first lines that it printed."""

    says: str
    output: tuple[str, ...] = ()


@dataclass
class Check:
    """The check command: text for the shell · files: the memory's, by path · timeout in seconds.

    A draft is looked at once, however often a drain has to be planned again.
    """

    worker: Worker
    environ: Mapping[str, str]
    known: dict[tuple[str, str], Verdict] = field(default_factory=dict)

    def verdict(self, draft: Draft, files: Mapping[str, File]) -> Verdict:
        """Run the command over the memory's files with the draft applied; return what it says."""
        key = (draft.path, draft.new)
        if key not in self.known:
            with TemporaryDirectory(prefix="commonplace-check-") as folder:
                _lay_out(folder, draft, files)
                self.known[key] = self._run(folder, draft)
        return self.known[key]

    def _run(self, folder: str, draft: Draft) -> Verdict:
        text = str(self.worker.command)
        command = (
            ("cmd", "/c", text) if sys.platform == "win32" else ("/bin/sh", "-c", text, "check", draft.path)
        )
        about = {"COMMONPLACE_TARGET": draft.target, "COMMONPLACE_PATH": draft.path}
        environ = {**environment(self.worker, self.environ), **about}
        try:
            ran = child.run(command, b"", environ, folder, self.worker.timeout, Event())
        except (child.NotInstalled, OSError) as error:
            return Verdict(f"no verdict: it cannot be started: {error}")
        return Verdict(_says(ran, self.worker.timeout), tuple(_lines(ran)))


def chosen(settings: Settings, environ: Mapping[str, str]) -> Check | None:
    """Return the check that the settings name, or None."""
    command = settings.text("proposals.check").strip()
    if not command:
        return None
    names = tuple(settings.text("proposals.check_environment").split())
    timeout = float(settings.number("proposals.check_timeout"))
    return Check(Worker("check", command, timeout=timeout, environment=names), environ)


def _lay_out(folder: str, draft: Draft, files: Mapping[str, File]) -> None:
    """Write skills/ and rules/ below the folder as they would be with the draft applied."""
    new = draft.new.encode("utf-8", "surrogateescape")
    mode = files[draft.path].mode if draft.path in files else "100644"
    for path, file in {**files, draft.path: File(new, mode)}.items():
        if path.startswith(("skills/", "rules/")):
            full = os.path.join(folder, *path.split("/"))
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "wb") as out:
                out.write(file.data)
            os.chmod(full, 0o755 if file.mode == "100755" else 0o644)


def _says(ran: child.Ran, timeout: float) -> str:
    if ran.ended == "time":
        return f"no verdict within {timeout:g} s"
    if ran.ended == "flood":
        return f"no verdict: it printed more than {child.MAX_OUT:,} bytes"
    if ran.code in FOUND_NOTHING:
        return f"no verdict: it cannot be run (exit code {ran.code})"
    if ran.code < 0:
        return f"failed: killed by signal {-ran.code}"
    return f"failed: exit code {ran.code}" if ran.code else PASSED


def _lines(ran: child.Ran) -> list[str]:
    text = f"{ran.out[: 1 << 16].decode('utf-8', 'replace')}\n{ran.err.decode('utf-8', 'replace')}"
    return [line for line in masked(text).splitlines() if line.strip()][:SHOWN]
