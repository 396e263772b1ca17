"""The report: who changed what, when, why, from which session, and who agreed; over a span of history."""

import re
import time
from calendar import timegm
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from commonplace import plumbing, refs
from commonplace.audit.ground import Ground, entry_of, with_blobs
from commonplace.audit.history import Commit, read
from commonplace.drain.reading import parse_entry
from commonplace.entry import Entry, EntryError
from commonplace.errors import CommonplaceError, UsageError
from commonplace.ledger import Op
from commonplace.memory import front
from commonplace.place import Place
from commonplace.settings import Settings
from commonplace.worktree import FOLDERS


@dataclass(frozen=True)
class Fact:
    """What became of one fact on one page. did: added, reworded or removed · before, after: its words."""

    did: str
    id: str
    path: str
    before: str
    after: str
    sources: tuple[str, ...]


@dataclass
class Event:
    """One commit. ops: its ledger beside what `facts` tells · entries: the entries it names, None for one
    that history has lost · undone_by, decided_by: the commit that did so later · because: a person's words.
    """

    commit: Commit
    facts: list[Fact] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    entries: dict[str, Entry | None] = field(default_factory=dict)
    undone_by: str = ""
    decided: dict[str, tuple[str, str]] = field(default_factory=dict)
    because: str = ""


@dataclass(frozen=True)
class Report:
    """since, until: Unix times, 0 for the beginning · totals: name → number, in the order to be shown."""

    branch: str
    tip: str
    since: int
    until: int
    events: list[Event]
    totals: dict[str, int | float]


def make(place: Place, settings: Settings, since: str, until: str, span: Callable[[str], float]) -> Report:
    """Report on the commits between two points: `7d`, `2026-11-20`, `2026-11-20T14:03`, or a commit."""
    branch = settings.text("repository.branch")
    tip = refs.resolve(place, f"refs/heads/{branch}")
    if not tip:
        raise CommonplaceError(f"there is no branch {branch}", "commonplace status")
    history = read(place, tip)
    begin, before = _point(place, since, span) if since else (0, "")
    end, last = _point(place, until, span, of_day=86399) if until else (int(time.time()), "")
    within = {commit.id for commit in read(place, last or tip, *([f"^{before}"] if before else []))}
    earliest = 0 if before else begin
    # Without an end all is told, also what a clock that was ahead has dated later than now.
    latest = end if until and not last else max((commit.at for commit in history), default=0)
    chosen = [commit for commit in history if commit.id in within and earliest <= commit.at <= latest]
    events = _events(place, history, chosen)
    return Report(branch, tip, begin, end, events, _totals(events))


_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d))?")


def _point(place: Place, said: str, span: Callable[[str], float], of_day: int = 0) -> tuple[int, str]:
    """Return (Unix time, commit or "") of a point in time; a date without a time is UTC."""
    if match := _DATE.fullmatch(said):
        year, month, day, hour, minute = (int(part or 0) for part in match.groups())
        try:
            time.strptime(said[:10], "%Y-%m-%d")
        except ValueError:
            raise UsageError(f"{said!r} is no date", "say it as 2026-11-20") from None
        at = timegm((year, month, day, hour, minute, 0))
        return at + (0 if match[4] else of_day), ""
    try:
        return int(time.time() - span(said)), ""
    except UsageError:
        commit = plumbing.resolve(place, said)
    if not commit:
        raise UsageError(f"{said!r} is no time and no commit", "say it as 7d, 2w, 2026-11-20 or a commit")
    return read(place, "--no-walk", commit)[0].at, commit


def _events(place: Place, history: list[Commit], chosen: list[Commit]) -> list[Event]:
    """Return what each of the chosen commits did, the oldest first; a capture is told with its drain."""
    ground = Ground(place)
    captured = {
        entry_of(change.path): (change.path, change.new)
        for commit in history for change in commit.below("queue") if change.new
    }  # fmt: skip
    undone = {commit.trailer("Undo"): commit.id for commit in history if commit.kind == "undo"}
    decided = {
        commit.trailer("Proposal"): commit for commit in history if commit.kind in ("accept", "reject")
    }
    events = []
    shown = [commit for commit in chosen if commit.kind != "capture"]
    for _, commit in with_blobs(ground, shown):
        event = Event(commit, _facts(ground, commit), undone_by=undone.get(commit.trailer("Drain-Id"), ""))
        event.undone_by = event.undone_by if commit.kind == "drain" else ""
        if commit.kind in ("edit", "hand"):
            event.files = [change.path for change in commit.below(*FOLDERS, "queue")]
        for op in commit.ops:
            if op.verb == "propose" and op.words[0] in decided:
                by = decided[op.words[0]]
                event.decided[op.words[0]] = (by.kind, by.id)
        event.because = _because(place, commit)
        if event.facts or event.files or event.because or commit.kind != "hand":
            events.append(event)
    _name_entries(place, events, captured)
    return events


def _facts(ground: Ground, commit: Commit) -> list[Fact]:
    sources: dict[str, tuple[str, ...]] = {}
    for op in commit.ops:
        if op.fact:
            sources[op.fact] = (*sources.get(op.fact, ()), *op.entries)
    evidence = next((op.sources for op in commit.ops if op.verb == "accept"), ())
    found = []
    for path, diff in ground.differences(commit).items():
        for fact_id in (*diff.came, *diff.gone):
            before, after = (_said(side.get(fact_id, ())) for side in (diff.went, diff.came))
            did = ("reworded" if before else "added") if after else "removed"
            found.append(Fact(did, fact_id, path, before, after, sources.get(fact_id, evidence)))
    return found


def _said(lines: Iterable[str]) -> str:
    """Return a fact's words without bullet and block id."""
    return " ".join(" ".join(lines).split())[2:].rpartition(" ^")[0]


def _because(place: Place, commit: Commit) -> str:
    """Return why a person decided as they did, in their words."""
    if commit.kind == "queue":
        line = next((line for line in commit.body.split("\n") if line.startswith("because: ")), "")
        return line.removeprefix("because: ").strip('"')
    if commit.kind != "reject" or not commit.changes:
        return ""
    data = plumbing.contents(place, [commit.changes[0].new]).get(commit.changes[0].new, b"")
    try:
        return front.split(data.decode("utf-8", "replace"))[0].get("because", "")
    except ValueError:
        return ""


def _name_entries(place: Place, events: list[Event], captured: dict[str, tuple[str, str]]) -> None:
    """Read the entries that the events name."""
    named = {event.commit.id: dict.fromkeys(_named(event.commit.ops)) for event in events}
    wanted = {i: captured[i] for ids in named.values() for i in ids if i in captured}
    blobs = plumbing.contents(place, [oid for _, oid in wanted.values()])
    entries: dict[str, Entry] = {}
    for entry_id, (path, oid) in wanted.items():
        try:
            entries[entry_id] = parse_entry(path.rpartition("/")[2], blobs.get(oid, b""))
        except EntryError:
            continue
    for event in events:
        event.entries = {entry_id: entries.get(entry_id) for entry_id in named[event.commit.id]}


def _named(ops: Iterable[Op]) -> Iterable[str]:
    for op in ops:
        yield from op.words[:1] if op.verb == "requeue" else op.entries


def _totals(events: list[Event]) -> dict[str, int | float]:
    kinds = Counter(event.commit.kind for event in events)
    did = Counter(fact.did for event in events for fact in event.facts)
    drains = [event.commit for event in events if event.commit.kind == "drain"]
    made = [op for commit in drains for op in commit.ops if op.verb == "propose"]
    entries = {i for event in events if event.commit.kind == "drain" for i in event.entries}
    cost = [
        value for commit in drains if (value := commit.trailer("Cost-USD")).replace(".", "", 1).isdecimal()
    ]
    return {
        "drains": kinds["drain"],
        "entries": len(entries),
        "facts added": did["added"],
        "facts reworded": did["reworded"],
        "facts removed": did["removed"],
        "proposals made": len(made),
        "made of a dispute": sum(op.words[-1].startswith("memory/") for op in made),
        "accepted": kinds["accept"],
        "accepted despite the check": sum(bool(event.commit.trailer("Despite-Check")) for event in events),
        "rejected": kinds["reject"],
        "drains undone": sum(bool(event.undone_by) for event in events),
        "undos": kinds["undo"],
        "changes by hand": kinds["edit"] + kinds["hand"],
        "sessions": len({e.session for ev in events for e in ev.entries.values() if e and e.session}),
        **{
            name: sum(int(value) for commit in drains if (value := commit.trailer(key)).isdecimal())
            for name, key in (
                ("worker calls", "Worker-Calls"), ("tokens in", "Tokens-In"), ("tokens out", "Tokens-Out"),
            )
        },
        "cost in USD": round(sum(float(value) for value in cost), 6),
    }  # fmt: skip
