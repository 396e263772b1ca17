"""A drain against its own ledger: its entries add up, and its pages say what their sources said."""

from collections.abc import Iterator

from commonplace import ulid
from commonplace.audit import rules, sourced
from commonplace.audit.ground import Ground, entry_of
from commonplace.audit.history import Change, Commit
from commonplace.audit.rules import Differences, Fault
from commonplace.drain.lessons import Draft
from commonplace.drain.plan import Plan
from commonplace.drain.reading import parse_entry
from commonplace.entry import EntryError
from commonplace.ledger import Op
from commonplace.text import one_line

VERBS = ("add", "update", "supersede", "retire", "drop", "propose")
"""What a drain does to memory; what a proposal would do stands in the proposal's own ledger."""

Gone = dict[str, Change]
"""Entry → the removal of its queue file."""


def check(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:
    """Yield what is wrong with a drain's commit."""
    drain_id = commit.trailer("Drain-Id")
    if not drain_id or ground.drains.setdefault(drain_id, commit) is not commit:
        yield "ledger", f"has the drain's id {one_line(drain_id, 40) or '(none)'}, which is not its own"
    gone = {entry_of(change.path): change for change in commit.below("queue") if not change.new}
    yield from rules.beyond(
        commit,
        lambda c: rules.is_memory(c) or (bool(entry_of(c.path)) and not c.new),
        "a drain changes topics and takes entries out of the queue",
    )
    yield from _adds_up(commit, ground, gone)
    yield from _dropped(commit, ground, gone)
    yield from _subject(commit, gone)
    yield from _facts(commit, ground, diffs, gone)
    rules.index(commit, ground)


def _adds_up(commit: Commit, ground: Ground, gone: Gone) -> Iterator[Fault]:
    """Check that entries that left the queue are entries in the ledger, and the other way round."""
    said: set[str] = set()
    for op in commit.ops:
        if op.verb not in VERBS:
            yield "ledger", f"its ledger has `{op.verb}`, which no drain does"
            continue
        said.update(op.entries)
        # A proposal also rests on what an older one of its target rested on.
        known = (gone, ground.captured) if op.verb == "propose" else (gone,)
        for entry_id in sorted(i for i in set(op.entries) if not any(i in each for each in known)):
            yield "ledger", f"`{op.verb}` names entry {one_line(entry_id, 40)}, which it did not take"
        if op.verb == "propose":
            ground.proposed[op.words[0]] = op.words[-1]
    for entry_id in sorted(gone.keys() - said):
        yield "ledger", f"took entry {entry_id} out of the queue, and its ledger does not say what for"
    ground.accounted.update(dict.fromkeys(gone, commit.id))


def _dropped(commit: Commit, ground: Ground, gone: Gone) -> Iterator[Fault]:
    """Check what the ledger says of entries that were not filed, as far as history can tell."""
    for op in commit.ops:
        if op.verb != "drop" or op.words[0] not in gone:
            continue  # one that it did not take is told already
        entry, why = one_line(op.words[0], 40), op.words[1] if len(op.words) > 1 else ""
        origin = _origin(gone[op.words[0]], ground)
        if origin and why.startswith("origin-") and why != f"origin-{origin}":
            yield "ledger", f"drops entry {entry} as {one_line(why, 40)}, and its origin is {origin}"
        elif why == "not-durable" and (origin == "user" or commit.trailer("Worker") == "builtin"):
            yield "ledger", f"drops entry {entry} as not durable, which no worker may say of it"
        elif op.fact and op.fact.partition("-")[0] not in ground.stems and op.fact not in ground.brought:
            yield "ledger", f"drops entry {entry} for ^{one_line(op.fact, 20)}, which was never there"


def _origin(change: Change, ground: Ground) -> str:
    """Return the origin of an entry, "" for one that cannot be read, as a purge may leave it."""
    try:
        return parse_entry(change.path.rpartition("/")[2], ground.blob(change.old)).origin
    except EntryError:
        return ""


def _subject(commit: Commit, gone: Gone) -> Iterator[Fault]:
    again = {op.words[0] for op in commit.ops if op.verb == "drop" and "drained-before" in op.words}
    fresh = [change.path for entry_id, change in gone.items() if entry_id not in again]
    flags = sum(path.endswith(".flag.md") for path in fresh)
    plan = Plan(
        pages={change.path: "" if change.new else None for change in commit.below("memory")},
        drafts=[Draft("", "", "", None, "", (), "") for op in commit.ops if op.verb == "propose"],
        flags=flags,
        self_evals=len(fresh) - flags,
    )
    yield from rules.subject(commit, plan.subject)


def _facts(commit: Commit, ground: Ground, diffs: Differences, gone: Gone) -> Iterator[Fault]:
    """Check that what came, went and changed on the pages is what the ledger says."""
    made = {op.fact: op for op in commit.ops if op.verb in ("add", "supersede")}
    updated = {op.fact for op in commit.ops if op.verb == "update"}
    ended = {op.words[0][1:] for op in commit.ops if op.verb in ("supersede", "retire")}
    for op in commit.ops:
        if op.fact and op.verb in ("add", "update", "supersede", "retire", "drop"):
            ground.rests_on(op.fact, op.entries)
    yield from _made(diffs, made)
    for path, diff in diffs.items():
        yield from rules.unsaid(diff, path, set(made), ended, updated)
        yield from rules.other_lines(commit, ground, path, diff)
    yield from sourced.check(commit, ground, diffs, gone)


def _made(diffs: Differences, made: dict[str, Op]) -> Iterator[Fault]:
    came = {fact_id: path for path, diff in diffs.items() for fact_id in diff.new}
    for fact_id, op in made.items():
        if came.get(fact_id) != f"memory/{op.words[-1]}.md":
            yield "ledger", f"says that it put ^{fact_id} on {one_line(op.words[-1], 60)}, and did not"
        elif fact_id.partition("-")[0] not in {ulid.short(entry_id) for entry_id in op.sources}:
            yield "ledger", f"^{fact_id} has its id from none of the entries that the ledger names for it"
