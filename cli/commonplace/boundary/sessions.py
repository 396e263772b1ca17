"""The session registry: a marker for each agent session that has begun and not ended.

A marker is `sessions/<id>` in the private folder: `host`, `pid` and `started` as `key value`
lines; its modification time is when the session was last seen.
"""

import os
import time

from commonplace import files
from commonplace.errors import UsageError
from commonplace.place import Place, read

MAX_ID = 128


class Session:
    """A session that has begun. started and seen are Unix times; pid is 0 where it is not known."""

    __slots__ = ("host", "id", "pid", "seen", "started")

    def __init__(self, name: str, host: str, pid: int, started: float, seen: float) -> None:
        self.id = name
        self.host = host
        self.pid = pid
        self.started = started
        self.seen = seen

    @property
    def alive(self) -> bool:
        """Whether the process that the session named is known to run."""
        return self.pid > 0 and process_runs(self.pid)


def check_id(session: str) -> str:
    """Return the session's id if it can be a file's name, or raise UsageError."""
    plain = all(c.isascii() and (c.isalnum() or c in "._-:") for c in session)
    if plain and 0 < len(session) <= MAX_ID and session[0] not in ".-" and session[-1] != ".":
        return session.replace(":", "-")
    raise UsageError(
        f"{session[:40]!r} is not a session id",
        "use letters, digits, '.', '_' and '-' (at most 128)",
    )


def begin(place: Place, session: str, host: str, pid: int) -> None:
    """Register a session, or see it again if it is registered."""
    if see(place, session):
        return
    lines = f"host {host}\npid {pid}\nstarted {time.time():.3f}\n"
    files.replace(place.inside("sessions", session), lines.encode())


def see(place: Place, session: str) -> bool:
    """Note that a registered session lives; tell whether it is registered."""
    try:
        os.utime(place.inside("sessions", session))
    except OSError:
        return False
    return True


def end(place: Place, session: str) -> bool:
    """Take a session off the registry; tell whether it was on it."""
    return files.remove(place.inside("sessions", session))


def begun(place: Place) -> list[Session]:
    """Return the sessions that have begun and not ended, the longest unseen first."""
    folder = place.inside("sessions")
    try:
        names = [name for name in os.listdir(folder) if not name.startswith(".")]
    except OSError:
        return []
    found = []
    for name in names:
        path = os.path.join(folder, name)
        fields = dict(line.partition(" ")[::2] for line in read(path).splitlines())
        try:
            seen = os.stat(path).st_mtime
            pid, started = int(fields.get("pid") or 0), float(fields.get("started") or seen)
        except (OSError, ValueError):
            continue
        found.append(Session(name, fields.get("host", ""), pid, started, seen))
    return sorted(found, key=lambda session: session.seen)


def process_runs(pid: int) -> bool:
    """Tell whether a process of that number runs."""
    if os.name == "nt":
        return False  # asking by signal would end it there; not known counts as not alive
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
