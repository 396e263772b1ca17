"""Forgetting: a fact, or an entry with all its facts, is taken out of memory as a commit.

What was forgotten does not come back by itself: neither does the undo of a later drain bring the fact back,
nor is the entry drained again if a stash or a clone puts its file into the queue. History keeps both, as
`git log` does; `purge` is for what must not stay there either.
"""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from commonplace import (
    captured,
    files,
    forgotten,
    holding,
    ledger,
    plumbing,
    proposals,
    recovery,
    refs,
    repo,
    ulid,
    waiting,
)
from commonplace.capture import is_fact_id
from commonplace.drain import screening
from commonplace.drain.given import Limits
from commonplace.drain.plan import index_of
from commonplace.drain.restating import lesson_key
from commonplace.drain.run import edit_commit
from commonplace.drain.snapshot import Snapshot, take
from commonplace.entry import KINDS, MAX_FILE
from commonplace.errors import CommonplaceError, UsageError
from commonplace.landing import Change, land, until_landed
from commonplace.ledger import Op, message
from commonplace.lock import Lock
from commonplace.memory.pages import Page, is_empty
from commonplace.memory.topics import INDEX, described_anew
from commonplace.place import Place
from commonplace.plumbing import Commit, blob_id
from commonplace.proposals import CLOSED, Proposal
from commonplace.settings import Settings
from commonplace.text import count, one_line

PROCEDURES = ("skills/", "rules/")


@dataclass(frozen=True)
class Target:
    """What is to be forgotten. facts: ids, without `^`, that ledgers name · entry: the entry, "" for a
    fact alone · sources: the entries that the facts rest on · proposals: those that rest on the entry.
    """

    facts: tuple[str, ...]
    entry: str
    sources: tuple[str, ...]
    proposals: tuple[str, ...] = ()

    def holds(self, fact_id: str) -> bool:
        """Tell whether a fact on a page is meant: a lesson carries its entry's id and is in no ledger."""
        return fact_id in self.facts or (
            bool(self.entry) and fact_id.partition("-")[0] == ulid.short(self.entry)
        )


@dataclass
class Forgotten:
    """What a forgetting does. queued: queue file → its object · tracked: queue files that git holds ·
    rewritten: a purge follows, which the commit then records.
    """

    target: Target
    ops: list[Op] = field(default_factory=list)
    pages: dict[str, str | None] = field(default_factory=dict)
    queued: dict[str, str] = field(default_factory=dict)
    tracked: list[str] = field(default_factory=list)
    withdrawn: list[Proposal] = field(default_factory=list)
    requeued: dict[str, str] = field(default_factory=dict)
    rewritten: bool = False
    commit: str = ""

    @property
    def subject(self) -> str:
        """Return the subject of the commit, from counts alone."""
        words = [op.words[0] for op in self.ops if op.verb == "forget"]
        facts = sum(word.startswith("^") for word in words)
        entries = len(words) - facts
        parts = [count(facts, "fact")] if facts else []
        parts += [count(entries, "entry", "entries")] if entries else []
        return f"forget: {', '.join(parts) or 'history written anew'}"


def find(place: Place, fact: str, entry: str) -> Target:
    """Return what `^id` or an entry's id stands for; CommonplaceError where nothing is known of it."""
    if not fact:
        return _of_entry(place, _entry_id(place, entry))
    bare = fact.removeprefix("^").lower()
    if not is_fact_id(bare):
        raise UsageError(f"{one_line(fact, 40)!r} is not a fact's id", "commonplace forget ^2m7r4xbeyz")
    named = [op for op in _ops(place, f"^{bare}") if op.fact == bare]
    offered = [p for p in _open(place) if any(f"^{bare}" in op.words for op in p.ops)]
    named += [op for p in offered for op in p.ops if op.fact == bare]
    sources = [i for op in named for i in op.entries if ulid.is_ulid(i)]
    return Target((bare,), "", tuple(dict.fromkeys(sources)), tuple(p.id for p in offered))


def _entry_id(place: Place, said: str) -> str:
    """Return an entry's whole id: as said, or of the one in the queue whose id ends so."""
    if ulid.is_ulid(said.upper()):
        return said.upper()
    return waiting.find(place, said).partition(".")[0]


def _of_entry(place: Place, entry_id: str) -> Target:
    facts, found = [], []
    for op in _ops(place, entry_id):
        if op.verb in ("add", "update", "supersede", "lesson") and entry_id in op.sources:
            facts.append(op.fact)
        elif op.verb in ("propose", "reject") and entry_id in op.sources:
            found.append(op.words[0])
    # The ledger of a drain does not say what an offer on a page rests on: its entries are filed there.
    found += [proposal.id for proposal in _open(place) if entry_id in proposal.evidence]
    return Target(tuple(dict.fromkeys(facts)), entry_id, (entry_id,), tuple(dict.fromkeys(found)))


def _open(place: Place) -> list[Proposal]:
    """Return the open proposals of this repository."""
    return [proposal for proposal in proposals.waiting(place)[0] if proposal.local]


def _ops(place: Place, word: str) -> Iterator[Op]:
    """Yield the lines of all ledgers that name a fact or an entry."""
    if refs.head(place)[1]:
        for record in repo.history(place, "-F", f"--grep={word}"):
            yield from (op for op in ledger.parse(record.body) if word in (*op.words, *op.sources))


def forget(place: Place, settings: Settings, target: Target, *, by_person: bool) -> Forgotten:
    """Take it out of memory and the queue; no commit where that had been done before."""
    with Lock(place, "a forget"):
        recovery.recover(place)
        return until_landed(lambda: _forget(place, settings, target, by_person))


def before_purge(place: Place, settings: Settings, target: Target) -> Forgotten:
    """Do what `forget` does, for a purge that holds the lock; the commit records the purge in any case."""
    return until_landed(lambda: _forget(place, settings, target, by_person=True, rewritten=True))


def _forget(
    place: Place, settings: Settings, target: Target, by_person: bool, rewritten: bool = False
) -> Forgotten:
    taken = take(place, settings)
    done = plan(place, settings, target, taken)
    done.rewritten = rewritten
    screening.refuse(taken.withheld, done.pages)
    ruled = next((path for path in done.pages if path.startswith(PROCEDURES)), "")
    if ruled and not by_person:
        raise CommonplaceError(f"{ruled} changes only by a person, at a terminal", "run it yourself")
    if done.ops or rewritten:
        done.commit = _land(place, settings, taken, done)
        holding.include(place, done.queued)
    return done


def plan(place: Place, settings: Settings, target: Target, taken: Snapshot) -> Forgotten:
    """Return what forgetting means for the memory as it stands; CommonplaceError if it knows of neither."""
    done = Forgotten(target)
    before = forgotten.ids(place)
    _pages(target, taken, done)
    there = {op.words[0][1:] for op in done.ops}
    gone = [fact_id for fact_id in target.facts if fact_id not in there and f"^{fact_id}" not in before]
    if target.entry or target.sources:  # on no page any more; an undo must not bring it back
        done.ops += [Op("forget", (f"^{fact_id}",)) for fact_id in gone]
    if target.entry:
        _queue(place, target.entry, taken, done)
        known = done.queued or done.tracked or target.facts or captured.find(place, target.entry)
        if known and (target.entry not in before or done.queued or done.tracked):
            done.ops.append(Op("forget", (target.entry,)))
        _rejected(place, target, taken, done)
    _withdraw(place, target, done)
    if not done.ops and before.isdisjoint((target.entry, *(f"^{fact_id}" for fact_id in target.facts))):
        said = target.entry or f"^{target.facts[0]}"
        raise CommonplaceError(f"no page, no commit and no entry of the queue is {said}", "commonplace log")
    limits = Limits(settings.number("index.max_lines"), settings.number("index.max_bytes"))
    pages = {path: text for path, text in done.pages.items() if path.startswith("memory/")}
    index = index_of(taken.given.pages, pages, limits)
    if pages and index != taken.given.pages.get(INDEX):
        done.pages[INDEX] = index
    return done


def _pages(target: Target, taken: Snapshot, done: Forgotten) -> None:
    """Take the facts off the pages, skills and rules on which they stand."""
    texts = dict(taken.given.pages)
    for path, file in taken.on_disk.items():
        if path.startswith(PROCEDURES) and path.endswith(".md"):
            data = taken.edits.files.get(path, file.data) or b""
            texts[path] = data.decode("utf-8", "surrogateescape")
    stems = {fact_id.partition("-")[0] for fact_id in target.facts} | {ulid.short(target.entry or "")}
    for path, text in sorted(texts.items()):
        if not any(stem and f"^{stem}" in text for stem in stems):
            continue
        page = Page(text)
        for fact_id in [fact_id for fact_id in page.facts if target.holds(fact_id)]:
            page.remove(fact_id)
            done.ops.append(Op("forget", (f"^{fact_id}", path[: -len(".md")].removeprefix("memory/"))))
        if page.gone:
            new = described_anew(page, page.text())
            done.pages[path] = None if is_empty(new) and not path.startswith(PROCEDURES) else new


def _queue(place: Place, entry_id: str, taken: Snapshot, done: Forgotten) -> None:
    """Find the entry's file in the queue, the inbox and the tip."""
    for name in [f"{entry_id}.{kind}.md" for kind in KINDS]:
        for folder in (place.queue, place.inbox):
            data = files.read_regular(os.path.join(folder, name), MAX_FILE)
            if data is not None:
                done.queued.setdefault(name, blob_id(data, taken.head))
        if plumbing.tree(place, taken.head, f"queue/{name}"):
            done.tracked.append(f"queue/{name}")


def _rejected(place: Place, target: Target, taken: Snapshot, done: Forgotten) -> None:
    """Take what the entry proposed off the pages that remember what was turned down."""
    found = captured.find(place, target.entry)
    said = forgotten.said(place, [found[1]]) if found else []
    lessons = {lesson_key(text) for text in said}
    for proposal in target.proposals:
        path = f"rejected/{proposal}.md"
        file = taken.on_disk.get(path)
        if not file or path in taken.withheld:
            continue
        text = (taken.edits.files.get(path, file.data) or b"").decode("utf-8", "surrogateescape")
        # On a page it was said in other words, and all of them came of its entries.
        derived = '\ntarget: "memory/' in text
        lines = [
            line
            for line in text.split("\n")
            if line[:2] != "- " or not (derived or lesson_key(line[2:]) in lessons)
        ]
        left = any(line.startswith("- ") for line in lines)
        if len(lines) < len(text.split("\n")):
            done.pages[path] = "\n".join(lines) if left else None


def _withdraw(place: Place, target: Target, done: Forgotten) -> None:
    """Withdraw open proposals that rest on what is forgotten; the other entries that wait in them alone go
    back to the queue: those of an offer on a page are filed there.
    """
    open_ones = refs.open_proposals(place)
    for name in target.proposals:
        if open_ones.get(name, "").startswith("refs/heads/"):
            proposal = proposals.load(place, name, open_ones[name])
            done.withdrawn.append(proposal)
            done.ops.append(Op("withdraw", (proposal.id, proposal.target)))
            for entry_id in () if proposal.on_memory else proposal.evidence:
                found = captured.find(place, entry_id) if entry_id not in target.sources else None
                if found:
                    done.requeued[found[0]] = found[1]
    done.ops += [Op("requeue", (name.partition(".")[0],)) for name in done.requeued]


def _land(place: Place, settings: Settings, taken: Snapshot, done: Forgotten) -> str:
    who = repo.person(place)
    changed: dict[str, bytes | None] = {
        path: None if text is None else text.encode("utf-8", "surrogateescape")
        for path, text in done.pages.items()
    }
    changed |= dict.fromkeys(done.tracked)
    steps = [edit_commit(taken, who)] if taken.edits.files else []
    trailers = [("Proposal", proposal.id) for proposal in done.withdrawn]
    trailers += [("History", "written anew")] if done.rewritten else []
    modes = {path: taken.on_disk[path].mode for path in done.pages if path in taken.on_disk}
    steps.append(Commit(message(done.subject, done.ops, trailers), who, who, changed, modes))
    touched = dict.fromkeys([*taken.edits.files, *done.pages])
    change = Change(
        verb="forget",
        id=ulid.new(),
        branch=settings.text("repository.branch"),
        head=taken.head,
        commits=steps,
        pages={p: taken.on_disk[p].data if p in taken.on_disk else None for p in touched},
        at=int(time.time()),
        captured=done.queued,
        requeued=done.requeued,
        hold="a proposal was withdrawn, for an entry it rested on was forgotten",
        drop={p.ref: p.commit for p in done.withdrawn},
        keep={CLOSED + p.id: p.commit for p in done.withdrawn},
        sign=settings.flag("audit.sign"),
    )
    return land(place, change)[-1]
