"""Reading the hosts' session logs: find them, read what is new in them, remember what was read.

`tail` is for a hook: what it needs is light, and the cache is imported by `refresh` alone.
"""

import os

from commonplace import place as places
from commonplace.substrate import finding, logfile
from commonplace.substrate.transcripts.log import Log
from commonplace.substrate.turns import Turn, turn_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from commonplace.place import Place
    from commonplace.substrate.finding import Found
    from commonplace.substrate.logfile import Known
    from commonplace.substrate.store import Store

_HEAD = 1 << 18
"""How long a log's first record may be, which says whose it is, in bytes."""


class Reading:
    """What a refresh found: files there are, files read now, turns in them, records that made no sense.

    store: where the turns are · logs: the ids in it of the logs found.
    """

    def __init__(self, store: "Store", logs: list[int], read: int, skipped: int) -> None:
        self.store = store
        self.logs = logs
        self.files = len(logs)
        self.read = read
        self.skipped = skipped

    @property
    def turns(self) -> int:
        """How many turns the logs hold, copies counted once."""
        return self.store.count(self.logs)

    def all_turns(self, project: str | None = None, since: str | None = None) -> "Iterator[Turn]":
        """Yield the turns of the logs found (see `Store.turns`)."""
        return self.store.turns(project, since, self.logs)


def refresh(
    place: "Place",
    environ: "Mapping[str, str]",
    host: str = "",
    path: str = "",
    progress: "Callable[[int, int], None] | None" = None,
) -> Reading:
    """Read what is new in the logs of one host or of all, where the hosts keep them or below `path`.

    progress: called with how many logs were read of how many, before each.
    """
    import sqlite3

    from commonplace.substrate import store as stores

    path = os.path.abspath(path) if path else ""
    found = finding.logs(environ, host, path)
    store = stores.open(place)
    for _ in range(2):
        try:
            return _refresh(store, found, host, path, progress)
        except sqlite3.Error as error:
            store = stores.instead(place, store, error)
    return _refresh(stores.in_memory(), found, host, path, progress)


def _refresh(
    store: "Store", found: "list[Found]", host: str, path: str, progress: "Callable[[int, int], None] | None"
) -> Reading:
    known = store.logs()
    new = [log for log in found if log.path not in known or known[log.path].stamp != log.stamp]
    results = []
    for number, log in enumerate(new):
        if progress:
            progress(number, len(new))
        before = known.get(log.path)
        result = logfile.read(log, before, store.state(before.row) if before else {})
        if result is not None:
            results.append(result)
    paths = {log.path for log in found}
    there = [row for row in known.values() if row.path in paths]
    gone = [row for row in known.values() if row.path not in paths and _was_here(row, host, path)]
    store.write(results, gone, [] if path else [row for row in there if not row.home], at_home=not path)
    store.settle(project_of)
    rows = [row for row in store.logs().values() if row.path in paths]
    return Reading(store, [row.row for row in rows], len(results), sum(row.skipped for row in rows))


def _was_here(row: "Known", host: str, path: str) -> bool:
    """Tell whether a log was known where we look now."""
    if host and row.host != host:
        return False
    return row.path.startswith(os.path.join(path, "")) or row.path == path if path else row.home


def project_of(cwd: str, origin: str = "") -> str:
    """Return the id of the project that a session in `cwd` was about (see `place.project_id`).

    Where the folder is gone, the origin that the log noted names it, else the folder's own name, as it
    would a repository without an origin. A linked worktree's name says nothing: `REPO/.worktrees/x`,
    `REPO/.claude/worktrees/x`, `REPO/worktrees/x` and `REPO-worktrees/x` are REPO, which may be there still.
    """
    if os.path.isdir(cwd):
        return places.project_id(cwd)
    parts = cwd.replace("\\", "/").rstrip("/").split("/")
    for number in range(len(parts) - 2, 1, -1):
        above, name, _ = parts[number].rpartition("worktrees")
        if (name and above in ("", ".")) or above.endswith("-"):
            main = parts[:number] if above in ("", ".") else [*parts[:number], above[:-1]]
            return project_of("/".join(main[:-1] if main[-1] == ".claude" else main), origin)
    return places.id_of(origin, parts[-1])


def tail(host: str, path: str, size: int) -> list[Turn]:
    """Return the turns in the last `size` bytes of a log, the oldest first; none where it can't be read.

    Their positions count from the first of them. For a hook: no cache, a few milliseconds.
    """
    if host not in finding.HOSTS:
        return []
    module = finding.reader(host)
    log = Log(module.said)
    try:
        with open(path, "rb", buffering=0, opener=finding.regular) as file:
            start = max(0, file.seek(0, os.SEEK_END) - size - 1)  # a line may begin just there
            file.seek(0)
            head = file.read(min(start, _HEAD)).partition(b"\n")[0]
            file.seek(start)
            lines = file.read(size + 1).split(b"\n")
    except OSError:
        return []
    if start:
        module.read(log, [head])  # for whose it is; what was typed in it is not of the tail
        log.typed, log.said, log.seen = [], [], {}
    module.read(log, lines[1:] if start else lines)
    project = project_of(log.cwd, log.origin)
    once = {typed.same: typed for typed in reversed(log.typed)}  # the first of its copies
    return [
        Turn(
            turn_id(typed.session, typed.record), host, typed.session, typed.agent, project, typed.position,
            typed.at, typed.text, typed.premise, path, typed.record,
        )
        for typed in sorted(once.values(), key=lambda typed: typed.position)
    ]  # fmt: skip
