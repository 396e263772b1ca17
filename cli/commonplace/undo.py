"""Undo: take a drain back by fact, so that it works after later drains wrote on the same pages.

What the drain added goes, what it superseded comes back, its open proposals are withdrawn, and its entries
return to the queue, held until a person releases them: the next close would drain them again otherwise.
A fact that a later drain also found, or that a person has edited since, stays.
"""

import time
from dataclasses import dataclass, field

from commonplace import captured, forgotten, ledger, plumbing, proposals, recovery, refs, repo, ulid
from commonplace import undo_facts as facts
from commonplace.decisions import BY_THE_CLOSE
from commonplace.drain import screening
from commonplace.drain.given import Limits
from commonplace.drain.plan import index_of
from commonplace.drain.run import edit_commit
from commonplace.drain.snapshot import Snapshot, take
from commonplace.drain.targets import target_path
from commonplace.errors import CommonplaceError
from commonplace.landing import Change, land, until_landed
from commonplace.ledger import Op, message
from commonplace.lock import Lock
from commonplace.memory.topics import INDEX
from commonplace.place import Place
from commonplace.plumbing import Commit
from commonplace.proposals import CLOSED
from commonplace.settings import Settings
from commonplace.text import count


@dataclass
class Undone:
    """What an undo did: the operations, by verb, and its commit."""

    drain: str
    ops: list[Op] = field(default_factory=list)
    pages: dict[str, str | None] = field(default_factory=dict)
    withdrawn: list[proposals.Proposal] = field(default_factory=list)
    requeued: dict[str, str] = field(default_factory=dict)
    commit: str = ""

    @property
    def subject(self) -> str:
        """Return the subject of the undo's commit."""
        gone = sum(op.verb == "remove" for op in self.ops)
        back = count(len(self.requeued), "entry", "entries")
        return f"undo: {count(gone, 'fact')} taken back, {back} held in the queue"


def find_drain(place: Place, said: str) -> repo.Record:
    """Return the drain's commit, by the end of its id, or by a commit."""
    if said.isalnum() and len(said) >= 4:
        pattern = f"^Drain-Id: [0-9A-Z]*{said.upper()}$"
        found = [e for e in repo.history(place, "-E", f"--grep={pattern}") if e.kind == "drain"]
        if len(found) == 1:
            return found[0]
        commit = plumbing.resolve(place, said)
        if not found and commit:
            entry = next(iter(repo.history(place, commit, limit=1)))
            if entry.kind == "drain":
                return entry
    raise CommonplaceError(f"there is no drain {said!r}", "commonplace log")


def undo(place: Place, settings: Settings, said: str) -> Undone:
    """Take a drain back, or raise CommonplaceError where it is unknown or undone already."""
    with Lock(place, "an undo"):
        recovery.recover(place)
        drain = find_drain(place, said)
        return until_landed(lambda: _undo(place, settings, drain))


def _undo(place: Place, settings: Settings, drain: repo.Record) -> Undone:
    taken = take(place, settings)
    done = plan(place, drain, taken, settings)
    screening.refuse(taken.withheld, done.pages)
    done.commit = _land(place, settings, drain, taken, done)
    return done


def plan(place: Place, drain: repo.Record, taken: Snapshot, settings: Settings) -> Undone:
    """Return what taking the drain back means for the memory as it stands."""
    done = Undone(drain.trailer("Drain-Id"))
    later = list(repo.history(place, f"{drain.commit}..HEAD"))
    if done.drain in {entry.trailer("Undo") for entry in later}:
        raise CommonplaceError(f"drain {ulid.short(done.drain)} has been undone", "commonplace log")
    ops = list(ledger.parse(drain.body))
    done.pages, done.ops = facts.taken_back(place, drain, ops, later, taken)
    _withdraw(place, ops, done)
    unapplied = _unapply(place, ops, later, taken, done)
    gone = _taken_up(ops, later) | forgotten.ids(place, f"{drain.commit}..HEAD")
    _requeue(place, drain, ops, done, unapplied, gone)
    limits = Limits(settings.number("index.max_lines"), settings.number("index.max_bytes"))
    index = index_of(taken.given.pages, done.pages, limits)
    if index != taken.given.pages.get(INDEX):
        done.pages[INDEX] = index
    return done


def _withdraw(place: Place, ops: list[Op], done: Undone) -> None:
    """Withdraw the drain's proposals that nobody has decided on."""
    open_ones = refs.open_proposals(place)
    for op in ops:
        if op.verb == "propose" and open_ones.get(op.words[0], "").startswith("refs/heads/"):
            proposal = proposals.load(place, op.words[0], open_ones[op.words[0]])
            done.withdrawn.append(proposal)
            done.ops.append(Op("withdraw", (proposal.id, proposal.target)))


def _unapply(
    place: Place, ops: list[Op], later: list[repo.Record], taken: Snapshot, done: Undone
) -> set[str]:
    """Take back the proposals of the drain that its close applied by itself; return their ids.

    What a person accepted stays: that was their decision.
    """
    mine = {op.words[0] for op in ops if op.verb == "propose"}
    back = set()
    for record in later:
        proposal = record.trailer("Proposal")
        if record.kind != "accept" or proposal not in mine or record.trailer("Accepted-By") != BY_THE_CLOSE:
            continue
        path = target_path(next(ledger.parse(record.body)).words[1])
        names = [f"{record.commit}:{path}", f"{record.commit}^:{path}"]
        blobs = plumbing.contents(place, names)
        after, before = (blobs.get(name) for name in names)
        file = taken.on_disk.get(path)
        current = taken.edits.files.get(path, file.data if file else None)
        restored = before if current == after else _merged(place, current, after, before)
        if current is None or (restored is None and current != after):
            done.ops.append(Op("stays", (proposal, path)))
            continue
        done.pages[path] = None if restored is None else restored.decode("utf-8", "surrogateescape")
        done.ops.append(Op("remove", (proposal, path)))
        back.add(proposal)
    return back


def _merged(place: Place, current: bytes | None, after: bytes | None, before: bytes | None) -> bytes | None:
    return plumbing.merge(place, current or b"", after or b"", before or b"", union=False)


def _taken_up(ops: list[Op], later: list[repo.Record]) -> set[str]:
    """Return the entries that a fact rests on which a person has accepted as the drain had offered it."""
    offered = {op.words[0] for op in ops if op.verb == "propose" and op.words[1].startswith("memory/")}
    accepted = [r for r in later if r.kind == "accept" and r.trailer("Proposal") in offered]
    return {entry_id for record in accepted for op in ledger.parse(record.body) for entry_id in op.entries}


def _requeue(
    place: Place, drain: repo.Record, ops: list[Op], done: Undone, unapplied: set[str], gone: set[str]
) -> None:
    """Find the entries that go back to the queue: all that the drain took, and what a withdrawn proposal
    had taken over; not the evidence of proposals that a person has decided on, nor what was forgotten.
    """
    withdrawn = {proposal.id for proposal in done.withdrawn} | unapplied
    wanted: dict[str, None] = {}
    for op in ops:
        decided = op.verb == "propose" and op.words[0] not in withdrawn
        if not decided and "drained-before" not in op.words:
            wanted.update(dict.fromkeys(op.entries))
    files = {
        path.rpartition("/")[2].partition(".")[0]: (path[len("queue/") :], item.oid)
        for path, item in plumbing.tree(place, drain.parent, "queue").items()
    }
    for entry_id in [entry_id for entry_id in wanted if entry_id not in gone]:
        found = files.get(entry_id) or captured.find(place, entry_id)
        if found:
            done.requeued[found[0]] = found[1]
    done.ops += [Op("requeue", (name.partition(".")[0],)) for name in done.requeued]


def _land(place: Place, settings: Settings, drain: repo.Record, taken: Snapshot, done: Undone) -> str:
    who = repo.person(place)
    trailers = [("Undo", done.drain), *(("Proposal", p.id) for p in done.withdrawn)]
    changed: dict[str, bytes | None] = {
        path: None if text is None else text.encode("utf-8", "surrogateescape")
        for path, text in done.pages.items()
    }
    steps = [edit_commit(taken, who)] if taken.edits.files else []
    steps.append(Commit(message(done.subject, done.ops, trailers), who, who, changed))
    touched = [*taken.edits.files, *changed]
    change = Change(
        verb="undo",
        id=ulid.new(),
        branch=settings.text("repository.branch"),
        head=taken.head,
        commits=steps,
        pages={p: taken.on_disk[p].data if p in taken.on_disk else None for p in touched},
        at=int(time.time()),
        requeued=done.requeued,
        hold=f"drain {ulid.short(drain.trailer('Drain-Id'))} was undone",
        drop={p.ref: p.commit for p in done.withdrawn},
        keep={CLOSED + p.id: p.commit for p in done.withdrawn},
        sign=settings.flag("audit.sign"),
    )
    return land(place, change)[-1]
