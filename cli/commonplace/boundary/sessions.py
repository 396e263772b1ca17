"""The session registry: a marker for each agent session that has begun and not ended.

A marker is `sessions/<id>` in the private folder, `key value` lines; its modification time is when the
session was last seen. Markers are bookkeeping, not memory: they are written whole, but not synced.
"""

import os
import time

from commonplace import files
from commonplace.errors import UsageError
from commonplace.place import Place, read

MAX_ID = 128


class Session:
    """A session that has begun.

    started, seen: Unix times · pid: the host's process, 0 where it is not known · birth: when that
    process began, as the system says it, so that a number used again is not taken for it · cwd: the
    folder it works in · asked: how far its log had grown when flags were last asked for, in bytes
    (or how many calls of tools there had been, where the host counts them) ·
    waits: an asking that rides on the next prompt ("" for none) · full: "yes" once flags were asked for
    because the context fills, until it is compacted.
    """

    __slots__ = ("asked", "birth", "cwd", "full", "host", "id", "pid", "seen", "started", "waits")

    def __init__(self, name: str, host: str = "", pid: int = 0, cwd: str = "") -> None:
        self.id = name
        self.host = host
        self.pid = pid
        self.birth = birth(pid)
        self.cwd = cwd
        self.started = self.seen = time.time()
        self.asked = 0
        self.waits = ""
        self.full = ""

    @property
    def alive(self) -> bool:
        """Whether the process that the session named is known to run."""
        return self.pid > 0 and process_runs(self.pid) and birth(self.pid) == self.birth


def check_id(session: str) -> str:
    """Return the session's id if it can be a file's name, or raise UsageError."""
    plain = all(c.isascii() and (c.isalnum() or c in "._-:") for c in session)
    if plain and 0 < len(session) <= MAX_ID and session[0] not in ".-" and session[-1] != ".":
        return session.replace(":", "-")
    raise UsageError(
        f"{session[:40]!r} is not a session id",
        "use letters, digits, '.', '_' and '-' (at most 128)",
    )


def begin(place: Place, session: str, host: str, pid: int, cwd: str = "") -> Session:
    """Register a session, or see it again if it is registered; return it."""
    known = load(place, session)
    if known is None:
        known = Session(session, host, pid, cwd)
        save(place, known)
    else:
        if pid and pid != known.pid:  # resumed by another process
            known.pid, known.birth = pid, birth(pid)
            save(place, known)
        see(place, session)
    return known


def load(place: Place, session: str) -> Session | None:
    """Return a registered session, or None."""
    path = place.inside("sessions", session)
    fields = dict(line.partition(" ")[::2] for line in read(path).splitlines())
    try:
        found = Session(session, fields.get("host", ""), 0, fields.get("cwd", ""))
        found.seen = os.stat(path).st_mtime
        found.pid = int(fields.get("pid") or 0)
        found.birth = fields.get("birth", "")
        found.started = float(fields.get("started") or found.seen)
        found.asked = int(fields.get("asked") or 0)
        found.waits = fields.get("waits", "")
        found.full = fields.get("full", "")
    except (OSError, ValueError):
        return None
    return found


def save(place: Place, session: Session) -> None:
    """Write a session's marker, whole."""
    values = {
        "host": session.host,
        "pid": str(session.pid),
        "birth": session.birth,
        "cwd": session.cwd.replace("\n", " "),
        "started": f"{session.started:.3f}",
        "asked": str(session.asked),
        "waits": session.waits,
        "full": session.full,
    }
    path = place.inside("sessions", session.id)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = place.inside("sessions", f".{session.id}.{os.getpid()}")
    with open(temporary, "w", encoding="utf-8") as file:
        file.write("".join(f"{key} {value}\n" for key, value in values.items() if value))
    os.replace(temporary, path)


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
    try:
        names = [name for name in os.listdir(place.inside("sessions")) if not name.startswith(".")]
    except OSError:
        return []
    found = [session for name in names if (session := load(place, name))]
    return sorted(found, key=lambda session: session.seen)


def of_process(place: Place) -> str:
    """Return the session whose process is an ancestor of ours: a host's shell tool may not name it."""
    known = {session.pid: session.id for session in begun(place) if session.alive}
    pid = os.getppid() if known else 0
    for _ in range(12):
        if pid in known:
            return known[pid]
        pid = parent(pid)[0] if pid > 1 else 0
    return ""


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
    return _stat(pid)[0] != "Z"  # a zombie has ended, whoever has not yet looked


_HEADLESS = frozenset(("-p", "--print", "--prompt", "exec", "run", "--non-interactive"))


def is_attended(pid: int) -> bool:
    """Tell whether a person seems to sit before a host: it has a terminal, and no headless word.

    Not known counts as not attended: nothing is asked that would cost an unwatched run its result.
    """
    fields = _stat(pid)
    words = read(f"/proc/{pid}/cmdline").split("\0")
    return len(fields) > 4 and fields[4] != "0" and not _HEADLESS.intersection(words)


def birth(pid: int) -> str:
    """Return when a process began, as the system counts it; "" where it does not say (not on Linux)."""
    return _stat(pid)[19] if pid and len(_stat(pid)) > 19 else ""


def parent(pid: int) -> tuple[int, str]:
    """Return (parent's process id, own name) of a process; (0, "") where the system does not say."""
    fields = _stat(pid)
    if len(fields) < 2:
        return 0, ""
    name = read(f"/proc/{pid}/comm").strip()
    return int(fields[1]), name


def _stat(pid: int) -> list[str]:
    """Return the fields of Linux's /proc/<pid>/stat after the name, which may hold anything."""
    return read(f"/proc/{pid}/stat").rpartition(") ")[2].split(" ")
