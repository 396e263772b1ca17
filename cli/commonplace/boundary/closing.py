"""The close that nobody has to remember: at a session's end the drain is started, detached.

Before it starts, a mark is left; a drain that ends cleanly takes it away. A mark that is still there
at the next boot says that the close did not happen.
"""

import os
import sys
import time

from commonplace import files, lock
from commonplace.boundary.sessions import process_runs
from commonplace.place import Place, read

GRACE = 60
"""Seconds in which a drain that was started but does not yet hold its lock counts as on its way."""


class Mark:
    """A close that was begun: the session that ended, when (Unix time), the drain's process, and why
    the drain did not finish where it could say so.
    """

    __slots__ = ("at", "pid", "session", "why")

    def __init__(self, session: str, at: float, pid: int, why: str) -> None:
        self.session = session
        self.at = at
        self.pid = pid
        self.why = why


def start_drain(place: Place, session: str, *, offer: bool = False) -> int:
    """Start `commonplace drain` in a process session of its own, and return its process id.

    With `offer` it first looks into the session's log for corrections that nobody flagged.
    """
    mark = Mark(session, time.time(), 0, "")
    _write(place, mark)
    command = [sys.executable, "-P", "-m", "commonplace", "drain", "--repo", place.root]
    command += ["--wait", "60", "--quiet", *(["--session", session] if session else [])]
    command += ["--offer"] if offer else []
    return _detach(place, mark, command)


def _detach(place: Place, mark: Mark, command: list[str]) -> int:
    """Start the drain out of the host's reach, its process id in the mark before it can end."""
    log = place.inside("drain.log")
    if sys.platform == "win32":
        import subprocess

        with open(log, "wb") as out:
            flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, creationflags=flags
            ).pid
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        mark.pid = os.getpid()
        _write(place, mark)
        null = os.open(os.devnull, os.O_RDONLY)
        out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(null, 0)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.closerange(3, 256)  # nothing of the host's that it might wait for
        os.chdir(os.sep)
        os.execv(command[0], command)
    finally:
        os._exit(127)


def _write(place: Place, mark: Mark) -> None:
    line = f"{int(mark.at)} {mark.pid} {mark.session or '-'} {mark.why}"
    files.replace(place.inside("closing"), line.encode())


def read_mark(place: Place) -> Mark | None:
    """Return the mark of a close that has not finished, or None."""
    text = read(place.inside("closing"))
    if not text:
        return None
    at, pid, session, *why = [*text.split(" ", 3), "", "", ""]
    return Mark(
        session.replace("-", "", 1) if session == "-" else session,
        float(at) if at.isdigit() else 0.0,
        int(pid) if pid.isdigit() else 0,
        "".join(why[:1]),
    )


def failed(place: Place, why: str) -> None:
    """Write down why the drain that a session's end started did not finish."""
    mark = read_mark(place)
    if mark:
        _write(place, Mark(mark.session, mark.at, mark.pid, why))


def done(place: Place) -> None:
    """Take the mark away: a drain has ended cleanly."""
    files.remove(place.inside("closing"))


def under_way(place: Place, mark: Mark) -> bool:
    """Tell whether the close that left the mark may still be going on."""
    if mark.why:
        return False
    if lock.is_held(place):
        return True
    # Without a process id yet, the drain is just being started.
    return time.time() - mark.at < GRACE and (not mark.pid or process_runs(mark.pid))
