"""Undo, the facts: what a drain put on pages, taken back from them as they stand now.

A fact that a later drain also found, or that a person has edited since, stays. What a drain superseded
or reworded says again what it said before.
"""

from commonplace import ledger, plumbing, repo, ulid
from commonplace.drain.snapshot import Snapshot
from commonplace.ledger import Op
from commonplace.memory.pages import Fact, Page, is_empty
from commonplace.memory.topics import described_anew, new_page, section_for, topic_of
from commonplace.place import Place


def taken_back(
    place: Place, drain: repo.Record, ops: list[Op], later: list[repo.Record], taken: Snapshot
) -> tuple[dict[str, str | None], list[Op]]:
    """Return (path → text of the pages that change, None for one that goes; the ledger of that)."""
    still = _named_by(later, {entry.trailer("Undo") for entry in later})
    unmade = _unmade(later)
    known = _facts_before(place, drain)
    before = {fact_id: found for fact_id, found in known.items() if fact_id[: ulid.SHORT] not in unmade}
    after = _facts_after(place, drain, ops)
    pages: dict[str, Page] = {}
    done: list[Op] = []
    for op in ops:
        if op.verb in ("add", "supersede", "retire"):
            _take_back(op, taken, pages, before, after, still, done)
        elif op.verb == "update":
            _say_again(op, taken, pages, known, after, still, done)
        elif op.words[1:2] == ("duplicate-of",) and op.fact[: ulid.SHORT] in unmade:
            _let_go(place, op.fact, drain.trailer("Drain-Id"), taken, pages, done)
    texts = {path: described_anew(page, page.text()) for path, page in pages.items()}
    changed = {path: text for path, text in texts.items() if text != taken.given.pages.get(path)}
    return {path: None if is_empty(text) else text for path, text in changed.items()}, done


def _named_by(later: list[repo.Record], undone: set[str]) -> set[str]:
    """Return the facts to which a later drain, not undone itself, has added a source."""
    return {
        op.fact
        for entry in later
        if entry.kind == "drain" and entry.trailer("Drain-Id") not in undone
        for op in ledger.parse(entry.body)
    }


def _unmade(later: list[repo.Record]) -> set[str]:
    """Return the facts that no undo brings back: their own drain has been undone since, so that they come
    back with its entries, if at all; or they were forgotten.
    """
    ops = [op for entry in later if entry.trailer("Undo") for op in ledger.parse(entry.body)]
    unmade = {ulid.short(op.words[0]) for op in ops if op.verb == "requeue"}
    lost = [op for entry in later if entry.kind == "forget" for op in ledger.parse(entry.body)]
    return unmade | {op.fact[: ulid.SHORT] for op in lost if op.verb == "forget" and op.fact}


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
    if goes and here and _rests_elsewhere(here, after, still):
        ops.append(Op("stays", (f"^{new}", op.words[-1])))
        return
    if goes and page:
        page.remove(new)
        ops.append(Op("remove", (f"^{new}", op.words[-1])))
    if op.verb in ("supersede", "retire"):
        old = op.words[0][1:]
        if old in before:
            _restore(before[old], taken, pages, ops)


def _rests_elsewhere(here: Fact, after: dict[str, tuple[str, Fact]], still: set[str]) -> bool:
    """Tell whether a later drain found the fact too, or a person has edited it since."""
    return here.id in still or here.id not in after or here.text != after[here.id][1].text


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
    if _rests_elsewhere(here, after, still):
        ops.append(Op("stays", (f"^{fact_id}", op.words[-1])))
        return
    page.replace(fact_id, before[fact_id][1].text, fact_id)
    ops.append(Op("restore", (f"^{fact_id}", op.words[-1])))


def _restore(known: tuple[str, Fact], taken: Snapshot, pages: dict[str, Page], ops: list[Op]) -> None:
    path, fact = known
    page = _page(taken, pages, path, fact.text)
    if page and fact.id not in page:
        page.add(fact.section or section_for("fact"), fact.text, fact.id)
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
