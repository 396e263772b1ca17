"""The backstop: notices that nothing happened, and says so with the command that mends it.

It lists folders and asks git only which of the files it holds; it never trusts `git status`, which
an exclude rule or `status.showUntrackedFiles=no` blinds. Silent when all is well.
"""

import os
import time

from commonplace import entry, files, holding, lock, queue, refs, ulid
from commonplace.boundary import closing, sessions
from commonplace.errors import CommonplaceError
from commonplace.place import Place, read
from commonplace.secrets import masked
from commonplace.text import age, count, one_line

WITHHELD = "withheld"
"""The file in the private folder that names the pages which the last drain left alone."""

SHOWN = 3
"""How many names a finding lists before it says how many more there are."""

HEADROOM = 0.9
"""The share of the index's limits from which the backstop speaks."""

MAX_TOLD = 9500
"""The longest text for a model, in characters: hosts cut hook output at 10,000, silently."""

READ_AT_MOST = 1000
"""How many queue files a boot looks into; the drain looks into all."""


class Finding:
    """One thing that waits. kind: a stable name · count · message: what, how old · remedy: a command."""

    __slots__ = ("count", "kind", "message", "remedy")

    def __init__(self, kind: str, count: int, message: str, remedy: str) -> None:
        self.kind = kind
        self.count = count
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}: {self.remedy}"


def check(place: Place, settings: dict[str, str], session: str = "", *, own: bool = True) -> list[Finding]:
    """Return everything that waits, the most pressing first; `session` is the one that asks.

    What a session flagged that still runs is no loose end: its own close will come. Nor is, without
    `own`, what the asking session flagged.
    """
    waiting = queue.listing(place)
    running = {s.id for s in sessions.begun(place) if s.alive and s.id != session}
    spared = running if own else running | {session}
    broken, under_way = _look_into(place, waiting, spared if session else set())
    odd = [*waiting.odd, *broken]
    passed_over = {name for name, _ in odd} | under_way
    names = [name for name in waiting.names if name not in passed_over]
    return [
        *_settings(settings),
        *_faults(place),
        *_drains(place),
        *_entries(place, names, waiting),
        *_odd(odd),
        *_withheld(place),
        *_sessions(place, session),
        *_proposals(place),
        *_index(place, settings),
    ]


def too_new(error: CommonplaceError) -> Finding:
    """Return the one finding about a memory of a newer format: nothing else of it is looked at."""
    return Finding("format", 1, error.message, error.hint)


def told(head: str, found: list[Finding]) -> str:
    """Return what a boot tells a model, the most pressing first, within what hosts let through."""
    lines = [head]
    size = len(head) + 40
    for number, finding in enumerate(found):
        line = f"- {finding}"
        size += len(line) + 1
        if size > MAX_TOLD:
            lines.append(f"{number} of {len(found)} shown: commonplace boot")
            break
        lines.append(line)
    return "\n".join(lines)


def _settings(settings: dict[str, str]) -> list[Finding]:
    error = settings.get("error")
    message = f"the settings are not used: {one_line(error)}" if error else ""
    return [Finding("settings", 1, message, "commonplace status")] if error else []


def _faults(place: Place) -> list[Finding]:
    lines = read(place.inside("faults")).splitlines()
    if not lines:
        return []
    message = f"{count(len(lines), 'hook')} failed, the last: {one_line(lines[-1], 160)}"
    return [Finding("faults", len(lines), message, "commonplace doctor")]


def _drains(place: Place) -> list[Finding]:
    mark = closing.read_mark(place)
    cut_short = os.path.exists(place.inside("intent"))
    if mark and not closing.under_way(place, mark):
        whose = f"at the end of session {mark.session} " if mark.session else ""
        why = f" ({one_line(mark.why, 200)})" if mark.why else ""
        when = age(time.time() - mark.at)
        message = f"the drain started {whose}{when} ago did not finish{why}"
        return [Finding("drain", 1, message, "commonplace drain")]
    if cut_short and not lock.is_held(place):
        return [Finding("drain", 1, "a change of memory was cut short", "commonplace drain")]
    return []


def _entries(place: Place, names: list[str], waiting: queue.Waiting) -> list[Finding]:
    held = [name for name in names if name.partition(".")[0] in waiting.held]
    secret = [name for name in held if waiting.held[name.partition(".")[0]].startswith(holding.WHY)]
    held = [name for name in held if name not in secret]
    free = [name for name in names if name.partition(".")[0] not in waiting.held]
    committed = refs.queue_in_head(place) if free else set()
    loose = [name for name in free if name not in committed]
    kept = [name for name in free if name in committed]
    found = []
    if loose:
        message = f"{_entry_count(loose)} in the queue, not in git{_oldest(loose)}"
        found.append(Finding("queue", len(loose), message, "commonplace drain"))
    if kept:
        message = f"{_entry_count(kept)} committed but not drained{_oldest(kept)}"
        found.append(Finding("committed", len(kept), message, "commonplace drain"))
    if waiting.vanished:
        message = (
            f"{_entry_count(waiting.vanished)} vanished from queue/{_oldest(waiting.vanished)}"
            f" ({_some([name.partition('.')[0] for name in waiting.vanished])})"
        )
        remedy = "commonplace queue restore --all (or: commonplace queue drop ID --because TEXT)"
        found.append(Finding("vanished", len(waiting.vanished), message, remedy))
    if held:
        message = f"{_entry_count(held)} held back{_oldest(held)}"
        remedy = "commonplace queue list, then commonplace queue release ID"
        found.append(Finding("held", len(held), message, remedy))
    if secret:
        ids = [name.partition(".")[0] for name in secret]
        message = (
            f"{_entry_count(secret)} held back for what looks like a secret{_oldest(secret)} ({_some(ids)})"
        )
        remedy = "commonplace queue list, then commonplace forget --entry ID or queue release ID"
        found.append(Finding("secret", len(secret), message, remedy))
    return found


def _withheld(place: Place) -> list[Finding]:
    """Name the pages that the last drain left alone for a secret, as long as they are as they were."""
    lines = [line.split("\t", 2) for line in read(place.inside(WITHHELD)).splitlines()]
    there = [
        (path, why)
        for path, seen, why in (line for line in lines if len(line) == 3)
        if stamp(os.path.join(place.root, path)) == seen
    ]
    if not there:
        return []
    named = _some([f"{path}: {why}" for path, why in there], 160)
    message = f"{count(len(there), 'page')} not committed, for what looks like a secret ({named})"
    return [Finding("withheld", len(there), message, "take it out, or commit the page yourself")]


def stamp(path: str) -> str:
    """Return a file's size and time, "" if it is gone: once they differ, what was said of it is void."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f"{status.st_size}:{status.st_mtime_ns}"


def _entry_count(names: list[str]) -> str:
    return count(len(names), "entry", "entries")


def _oldest(names: list[str]) -> str:
    return f", the oldest {age(time.time() - ulid.seconds(min(names)))} old"


def _some(names: list[str], width: int = 60) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(one_line(name, width) for name in names[:SHOWN]) + more


def _look_into(
    place: Place, waiting: queue.Waiting, spared: set[str]
) -> tuple[list[tuple[str, str]], set[str]]:
    """Return (name, why) of the queue files that are no entries, and the names of spared sessions' own."""
    broken, under_way = [], set()
    for name in waiting.names[:READ_AT_MOST]:
        data = files.read_regular(os.path.join(place.queue, name), entry.MAX_FILE)
        try:
            if data is None:
                raise entry.EntryError("cannot be read")
            if _parsed(name, data).session in spared:
                under_way.add(name)
        except entry.EntryError as error:
            broken.append((name, str(error)))
    return broken, under_way


def _parsed(name: str, data: bytes) -> entry.Entry:
    try:
        return entry.parse(data.decode())
    except (entry.EntryError, UnicodeDecodeError):
        # A person may have written it by hand, in plainer YAML than ours: the reader that a drain
        # uses decides. It costs an import that only such a file pays for.
        from commonplace.drain.reading import parse_entry

        return parse_entry(name, data)


def _odd(odd: list[tuple[str, str]]) -> list[Finding]:
    if not odd:
        return []
    named = _some([f"{one_line(name, 60)}: {masked(why)}" for name, why in odd])
    message = f"{count(len(odd), 'file')} in queue/ no drain can take ({named})"
    return [Finding("odd", len(odd), message, "commonplace queue list")]


def _sessions(place: Place, session: str) -> list[Finding]:
    lost = [s for s in sessions.begun(place) if s.id != session and not s.alive]
    if not lost:
        return []
    now = time.time()
    named = ", ".join(f"{s.id} (last seen {age(now - s.seen)} ago)" for s in lost[:SHOWN])
    more = f" and {len(lost) - SHOWN} more" if len(lost) > SHOWN else ""
    message = f"{count(len(lost), 'session')} never ended: {named}{more}"
    return [Finding("sessions", len(lost), message, f"commonplace boundary end --session {lost[0].id}")]


def _proposals(place: Place) -> list[Finding]:
    waiting = refs.open_proposals(place)
    if not waiting:
        return []
    message = (
        f"{count(len(waiting), 'proposal')} "
        f"{'waits' if len(waiting) == 1 else 'wait'} for a person ({_some(sorted(waiting))})"
    )
    return [Finding("proposals", len(waiting), message, "commonplace review")]


def _index(place: Place, settings: dict[str, str]) -> list[Finding]:
    path = os.path.join(place.root, "memory", "index.md")
    most = int(settings["index.max_bytes"])
    data = files.read_regular(path, 100 * most)
    if data is None:
        return []
    lines, most_lines = data.count(b"\n"), int(settings["index.max_lines"])
    if len(data) < HEADROOM * most and lines < HEADROOM * most_lines:
        return []
    message = (
        f"memory/index.md has {lines} of {most_lines} lines and {len(data):,} of {most:,} bytes; "
        "topics beyond that are left out of it"
    )
    limit = "index.max_lines" if lines >= HEADROOM * most_lines else "index.max_bytes"
    return [Finding("index", 1, message, f"merge small topics by hand, or raise {limit}")]
