"""Running a drain: lock, snapshot, plan, commits, landing; planned again if the ground moves."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from commonplace import files, holding, plumbing, proposals, recovery, repo, ulid
from commonplace.boundary import sessions
from commonplace.drain import checking, handwork, offering, screening
from commonplace.drain import plan as planning
from commonplace.drain import snapshot as snapshots
from commonplace.drain.checking import Check
from commonplace.drain.consult import BUILTIN, Consultation, consult, planned
from commonplace.drain.plan import Plan
from commonplace.drain.snapshot import Snapshot
from commonplace.drain.sorting import Sorted, sort
from commonplace.drain.workers import Worker
from commonplace.errors import NotNow
from commonplace.landing import Change, land, until_landed
from commonplace.ledger import Op, message
from commonplace.lock import Lock
from commonplace.memory.topics import INDEX
from commonplace.place import Place
from commonplace.plumbing import TOOL, Commit, Who
from commonplace.settings import Settings
from commonplace.text import count

LOOSE, PACKS = 2048, 50
"""How many single objects and packs there may be before a drain puts them together."""

Told = Callable[[str], None]
"""Called with a line of progress."""


@dataclass(frozen=True)
class Report:
    """What a drain did. commits: (what, id) of the commits it made; empty where there was nothing."""

    id: str
    plan: Plan
    commits: list[tuple[str, str]] = field(default_factory=list)
    odd: list[tuple[str, str]] = field(default_factory=list)
    held: int = 0
    kept: list[Op] = field(default_factory=list)
    waited: bool = True
    snapshot: Snapshot | None = None
    consulted: Consultation | None = None


@dataclass(frozen=True)
class Asking:
    """Which workers a drain asks, none for the built-in consolidator alone; how many packets at a time; and
    the environment that they and the check of proposals inherit from.
    """

    workers: Sequence[Worker]
    jobs: int
    environ: Mapping[str, str]


def preview(place: Place, settings: Settings) -> Report:
    """Return what a drain would do; nothing is changed."""
    if recovery.needed(place):
        raise NotNow("a change of memory was cut short", "commonplace boot finishes it")
    taken, found = _screened(snapshots.take(place, settings))
    return _report("", _made(taken, found), taken, [])


def drain(
    place: Place,
    settings: Settings,
    session: str = "",
    wait: float = 0,
    told: Told = lambda _: None,
    asking: Asking | None = None,
) -> Report:
    """Drain the queue and return what was done; Busy or NotNow where nothing could be.

    Without `asking` the built-in consolidator does it all, and no check runs.
    """
    check = checking.chosen(settings, asking.environ) if asking else None
    with Lock(place, "a drain", wait):
        recovery.recover(place)
        report = until_landed(partial(_drain, place, settings, session, told, asking, check, []))
        _forget_lost_sessions(place)
        return report


def _drain(
    place: Place,
    settings: Settings,
    session: str,
    told: Told,
    asking: Asking | None,
    check: Check | None,
    paid: list[Consultation],
) -> Report:
    """Plan and land once; `paid` is what workers were asked in this drain before it had to plan again."""
    told("reading the queue")
    taken = snapshots.take(place, settings)
    for name, why in taken.secrets.items():
        holding.hold(place, name, why)
    screening.note(place, taken.withheld)
    drain_id = ulid.new()
    taken, found = _screened(taken)
    if not taken.entries:
        return _report(drain_id, Plan(), taken, [])
    told(f"planning {count(len(taken.entries), 'entry', 'entries')}")
    consulted = None
    if asking and asking.workers:
        consulted = _consult(place, settings, taken, found, asking, told)
        if paid:
            consulted.add(paid[-1])
        paid.append(consulted)
    if consulted and consulted.waits:
        taken = snapshots.without(taken, consulted.waits)
        if not taken.entries:
            return replace(_report(drain_id, Plan(), taken, []), consulted=consulted)
    plan = _made(taken, found, consulted)
    offered = offering.commits(place, taken, plan, drain_id, check, told)
    trailers = consulted.trailers if consulted else [("Worker", BUILTIN)]
    steps = commits_of(repo.person(place), taken, plan, drain_id, [*trailers, ("Session", session)])
    told(f"writing {count(len(steps), 'commit')}")
    row = land(place, _change(settings, taken, plan, drain_id, steps, offered))
    _pack(place, told)
    _write_graph(place)
    commits = [(commit.message.partition(":")[0], oid) for commit, oid in zip(steps, row, strict=True)]
    return replace(_report(drain_id, plan, taken, commits), consulted=consulted)


def _screened(taken: Snapshot) -> tuple[Snapshot, Sorted]:
    """Return the snapshot and how its entries are sorted, without those for a page that is left alone."""
    found = sort(taken.given)
    waits = screening.blocked(found, taken.withheld)
    if waits:
        found.leave(waits)
        taken = snapshots.without(taken, waits)
    return taken, found


def _made(taken: Snapshot, found: Sorted, consulted: Consultation | None = None) -> Plan:
    """Return the plan; NotNow where it would change a page that is left alone."""
    answers, disputed = (consulted.answers, consulted.disputed) if consulted else ({}, {})
    plan = planning.make(taken.given, found, answers, disputed)
    if INDEX in taken.withheld:
        plan.pages.pop(INDEX, None)  # made anew by the next drain
    screening.refuse(taken.withheld, plan.pages)
    return plan


def _consult(
    place: Place, settings: Settings, taken: Snapshot, found: Sorted, asking: Asking, told: Told
) -> Consultation:
    """Ask the worker; entries over the ceiling are left out of what was sorted."""
    edits = handwork.since_last_drain(place, taken)
    sent, over, too_large = planned(place, settings, asking.workers, taken.given, found, edits)
    clean = [packet for packet in sent if not packet.secret]
    votes, calls = settings.number("drain.votes"), settings.number("drain.max_calls")
    consulted = consult(place, asking.workers, asking.jobs, votes, calls, clean, asking.environ, told)
    consulted.failures += [(packet.name, f"not sent: {packet.secret}") for packet in sent if packet.secret]
    consulted.waits = frozenset(entry.id for packet in over for entry in packet.entries)
    consulted.notes += [
        f"{packet.name} alone is over drain.max_chars: filed as it was said" for packet in too_large
    ]
    found.leave(consulted.waits)
    return consulted


def commits_of(
    who: Who, taken: Snapshot, plan: Plan, drain_id: str, more: list[tuple[str, str]]
) -> list[Commit]:
    """Return the commits of a drain: the person's edits if there are any, capture, drain."""
    steps = []
    ident = ("Drain-Id", drain_id)
    if taken.edits.files:
        steps.append(edit_commit(taken, who, ident))
    new = {
        f"queue/{name}": data
        for (name, data), oid in zip(taken.raw.items(), snapshots.captured(taken).values(), strict=True)
        if taken.committed.get(name) != oid
    }
    if new:
        subject = f"capture: {count(len(new), 'entry', 'entries')}"
        steps.append(Commit(message(subject, [], [ident]), TOOL, TOOL, new))
    changed: dict[str, bytes | None] = {
        path: None if text is None else text.encode("utf-8", "surrogateescape")
        for path, text in plan.pages.items()
    }
    changed.update({f"queue/{name}": None for name in taken.raw})
    modes = {path: taken.on_disk[path].mode for path in plan.pages if path in taken.on_disk}
    closes = [("Proposal", draft.replaces) for draft in plan.drafts]
    trailers = [ident, *more, *closes]
    text = message(plan.subject, plan.ops, trailers)
    steps.append(Commit(text, TOOL, TOOL, changed, modes))
    return steps


def edit_commit(taken: Snapshot, who: Who, *trailers: tuple[str, str]) -> Commit:
    """Return the commit of a person's own edits, in their name."""
    edits = taken.edits
    subject = f"edit: {count(len(edits.files), 'file')} by hand"
    return Commit(message(subject, edits.ops, trailers), who, TOOL, edits.files, edits.modes)


def _change(
    settings: Settings,
    taken: Snapshot,
    plan: Plan,
    drain_id: str,
    steps: list[Commit],
    offered: Mapping[str, Commit],
) -> Change:
    touched = dict.fromkeys([*taken.edits.files, *plan.pages])
    pages = {path: taken.on_disk[path].data if path in taken.on_disk else None for path in touched}
    replaced = {p.id: p for p in taken.open_proposals}
    old = [replaced[draft.replaces] for draft in plan.drafts if draft.replaces]
    return Change(
        verb="drain",
        id=drain_id,
        branch=settings.text("repository.branch"),
        head=taken.head,
        commits=steps,
        pages=pages,
        at=int(time.time()),
        proposals=offered,
        captured=snapshots.captured(taken),
        drop={proposal.ref: proposal.commit for proposal in old},
        keep={proposals.CLOSED + proposal.id: proposal.commit for proposal in old},
        sign=settings.flag("audit.sign"),
    )


def _report(drain_id: str, plan: Plan, taken: Snapshot, commits: list[tuple[str, str]]) -> Report:
    kept = [op for op in taken.edits.ops if op.verb == "kept"]
    waited = bool(taken.entries)
    return Report(drain_id, plan, commits, taken.odd, taken.held, kept, waited, taken)


def _forget_lost_sessions(place: Place) -> None:
    """Take sessions off the registry that fell silent before the newest one began.

    The drain has done what their end would have. One that lives on registers again at its next boundary.
    """
    begun = sessions.begun(place)
    newest = max(begun, key=lambda session: session.started, default=None)
    for session in begun:
        if newest and session is not newest and session.seen < newest.started and not session.alive:
            sessions.end(place, session.id)


def _pack(place: Place, told: Told) -> None:
    """Put what many drains have left as single objects or small packs into few packs.

    Git's own upkeep is off, and without it `why` over 3,000 drains takes half as long again. Nothing is
    ever pruned, and a kill leaves the old objects or the new pack. A pack that holds more than all smaller
    ones is left alone, so that every object is written again only now and then: all of 100,000 entries
    take a second, once in many thousand.
    """
    loose = _names(os.path.join(place.git, "objects", "17"))  # one folder in 256, as git's own rule counts
    packs = [name for name in _names(os.path.join(place.git, "objects", "pack")) if name.endswith(".pack")]
    if len(loose) > LOOSE // 256 or len(packs) > PACKS:
        told("packing the history")
        plumbing.git(place, "repack", "-d", "--geometric=2", "--quiet", ok=tuple(range(256)))


def _names(folder: str) -> list[str]:
    return os.listdir(folder) if os.path.isdir(folder) else []


def _write_graph(place: Place) -> None:
    """Bring git's commit graph up to date, with the paths each commit changed: `why` needs them.

    It costs milliseconds, for the commits that are new; 0.1 ms for each of a clone's, once.
    """
    arguments = ("write", "--reachable", "--changed-paths", "--split", "--no-progress")
    mark = place.inside(recovery.GRAPH)
    files.replace(mark, b"")
    plumbing.git(place, "commit-graph", *arguments, ok=tuple(range(256)))
    files.remove(mark)
