"""Undo: take a drain back by fact, so that it works after later drains wrote on the same pages.

What the drain added goes, what it superseded comes back, its open proposals are withdrawn, and its entries
return to the queue, held until a person releases them: the next close would drain them again otherwise.
A fact that a later drain also found, or that a person has edited since, stays.
"""

import time
from dataclasses import dataclass, field

from commonplace import ledger, plumbing, proposals, recovery, refs, repo, ulid
from commonplace.decisions import BY_THE_CLOSE
from commonplace.drain.given import Limits
from commonplace.drain.lessons import target_path
from commonplace.drain.plan import index_of
from commonplace.drain.run import edit_commit
from commonplace.drain.snapshot import Snapshot, take
from commonplace.errors import CommonplaceError
from commonplace.landing import Change, land, until_landed
from commonplace.ledger import Op, message
from commonplace.lock import Lock
from commonplace.memory.pages import Fact, Page, is_empty
from commonplace.memory.topics import INDEX, described_anew, new_page, topic_of
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
    done.commit = _land(place, settings, drain, taken, done)
    return done


def plan(place: Place, drain: repo.Record, taken: Snapshot, settings: Settings) -> Undone:
    """Return what taking the drain back means for the memory as it stands."""
    done = Undone(drain.trailer("Drain-Id"))
    later = list(repo.history(place, f"{drain.commit}..HEAD"))
    undone = {entry.trailer("Undo") for entry in later}
    if done.drain in undone:
        raise CommonplaceError(f"drain {ulid.short(done.drain)} has been undone", "commonplace log")
    ops = list(ledger.parse(drain.body))
    still = _named_by(later, undone)
    unmade = _unmade(later)
    known = _facts_before(place, drain)
    before = {fact_id: found for fact_id, found in known.items() if fact_id[: ulid.SHORT] not in unmade}
    after = _facts_after(place, drain, ops)
    pages: dict[str, Page] = {}
    for op in ops:
        if op.verb in ("add", "supersede", "retire"):
            _take_back(op, taken, pages, before, after, still, done.ops)
        elif op.verb == "update":
            _say_again(op, taken, pages, known, after, still, done.ops)
        elif op.words[1:2] == ("duplicate-of",) and op.fact[: ulid.SHORT] in unmade:
            _let_go(place, op.fact, done.drain, taken, pages, done.ops)
    for path, page in pages.items():
        text = described_anew(page, page.text())
        if text != taken.given.pages.get(path):
            done.pages[path] = None if is_empty(text) else text
    _withdraw(place, ops, done)
    unapplied = _unapply(place, ops, later, taken, done)
    _requeue(place, drain, ops, done, unapplied)
    index = index_of(
        taken.given.pages, done.pages,
        Limits(settings.number("index.max_lines"), settings.number("index.max_bytes")),
    )  # fmt: skip
    if index != taken.given.pages.get(INDEX):
        done.pages[INDEX] = index
    return done


def _named_by(later: list[repo.Record], undone: set[str]) -> set[str]:
    """Return the facts to which a later drain, not undone itself, has added a source."""
    return {
        op.fact
        for entry in later
        if entry.kind == "drain" and entry.trailer("Drain-Id") not in undone
        for op in ledger.parse(entry.body)
    }


def _unmade(later: list[repo.Record]) -> set[str]:
    """Return the facts whose own drain has been undone since: they come back with its entries, if at all."""
    ops = (op for entry in later if entry.trailer("Undo") for op in ledger.parse(entry.body))
    return {ulid.short(op.words[0]) for op in ops if op.verb == "requeue"}


def _let_go(
    place: Place, fact_id: str, drain: str, taken: Snapshot, pages: dict[str, Page], ops: list[Op]
) -> None:
    """Remove a fact that had stayed only because this drain found it again, if no standing drain did."""
    undone = {drain, *(record.trailer("Undo") for record in repo.history(place, "--grep=^Undo: "))}
    for record in repo.history(place, "-F", f"--grep=^{fact_id}"):  # the newest first: its making is last
        named = (
            [op for op in ledger.parse(record.body) if op.fact == fact_id] if record.kind == "drain" else []
        )
        if named and record.trailer("Drain-Id") not in undone:
            return
        made = next((op for op in named if op.verb in ("add", "supersede")), None)
        if made:
            after = _facts_after(place, record, named)
            _take_back(Op("add", made.words), taken, pages, {}, after, set(), ops)


def _facts_before(place: Place, drain: repo.Record) -> dict[str, tuple[str, Fact]]:
    """Return fact id → (path, fact) on the pages that the drain changed, as they were before it."""
    return _facts_of(place, drain, drain.parent)


def _facts_after(place: Place, drain: repo.Record, ops: list[Op]) -> dict[str, tuple[str, Fact]]:
    """Return the same for the drain's own facts, as it wrote them."""
    added = {op.fact for op in ops if op.verb in ("add", "update", "supersede")}
    facts = _facts_of(place, drain, drain.commit)
    return {fact_id: found for fact_id, found in facts.items() if fact_id in added}


def _facts_of(place: Place, drain: repo.Record, commit: str) -> dict[str, tuple[str, Fact]]:
    out = plumbing.git(
        place, "diff-tree", "-z", "-r", "--name-only", "--no-renames", drain.parent, drain.commit,
        "--", "memory",
    )  # fmt: skip
    paths = [path for path in out.decode("utf-8", "surrogateescape").split("\0") if path]
    blobs = plumbing.contents(place, [f"{commit}:{path}" for path in paths])
    found = {}
    for path in paths:
        text = blobs.get(f"{commit}:{path}", b"").decode("utf-8", "surrogateescape")
        found.update({fact_id: (path, fact) for fact_id, fact in Page(text).facts.items()})
    return found


def _take_back(
    op: Op,
    taken: Snapshot,
    pages: dict[str, Page],
    before: dict[str, tuple[str, Fact]],
    after: dict[str, tuple[str, Fact]],
    still: set[str],
    ops: list[Op],
) -> None:
    """Take one operation back on the pages as they stand."""
    path = f"memory/{op.words[-1]}.md"
    new = op.fact
    page = _page(taken, pages, path)
    here = page.facts.get(new) if page and new in page else None
    goes = op.verb != "retire" and here is not None
    if goes and here and (new in still or new not in after or here.text != after[new][1].text):
        ops.append(Op("stays", (f"^{new}", op.words[-1])))
        return
    if goes and page:
        page.remove(new)
        ops.append(Op("remove", (f"^{new}", op.words[-1])))
    if op.verb in ("supersede", "retire"):
        old = op.words[0][1:]
        if old in before:
            _restore(before[old], taken, pages, ops)


def _say_again(
    op: Op,
    taken: Snapshot,
    pages: dict[str, Page],
    before: dict[str, tuple[str, Fact]],
    after: dict[str, tuple[str, Fact]],
    still: set[str],
    ops: list[Op],
) -> None:
    """Let a fact say again what it said before the drain reworded it."""
    fact_id = op.fact
    page = _page(taken, pages, f"memory/{op.words[-1]}.md")
    here = page.facts.get(fact_id) if page and fact_id in page else None
    if page is None or here is None or fact_id not in before:
        return
    if fact_id in still or here.text != after[fact_id][1].text:
        ops.append(Op("stays", (f"^{fact_id}", op.words[-1])))
        return
    page.replace(fact_id, before[fact_id][1].text, fact_id)
    ops.append(Op("restore", (f"^{fact_id}", op.words[-1])))


def _restore(known: tuple[str, Fact], taken: Snapshot, pages: dict[str, Page], ops: list[Op]) -> None:
    path, fact = known
    page = _page(taken, pages, path, fact.text)
    if page and fact.id not in page:
        page.add(fact.section, fact.text, fact.id)
        ops.append(Op("restore", (f"^{fact.id}", path[len("memory/") : -len(".md")])))


def _page(taken: Snapshot, pages: dict[str, Page], path: str, first: str = "") -> Page | None:
    """Return the page at the path; with `first`, a fact to come back, a new one if there is none."""
    if path not in pages:
        text = taken.given.pages.get(path)
        topic = topic_of(path)
        if text is None and first and topic:
            text = new_page(topic, first)
        if text is None:
            return None
        pages[path] = Page(text)
    return pages[path]


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


def _requeue(place: Place, drain: repo.Record, ops: list[Op], done: Undone, unapplied: set[str]) -> None:
    """Find the entries that go back to the queue: all that the drain took, and what a withdrawn proposal
    had taken over; not the evidence of proposals that a person has decided on.
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
    for entry_id in wanted:
        found = files.get(entry_id) or entry_file(place, entry_id)
        if found:
            done.requeued[found[0]] = found[1]
    done.ops += [Op("requeue", (name.partition(".")[0],)) for name in done.requeued]


def entry_file(place: Place, entry_id: str) -> tuple[str, str] | None:
    """Return (queue file, object) of an entry that an earlier drain took, from history."""
    for kind in ("self-eval", "flag"):
        path = f"queue/{entry_id}.{kind}.md"
        for commit in repo.history(place, "--full-history", "--diff-filter=D", "HEAD", "--", path, limit=1):
            item = plumbing.tree(place, commit.parent, path).get(path)
            if item:
                return path[len("queue/") :], item.oid
    return None


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
    )
    return land(place, change)[-1]
