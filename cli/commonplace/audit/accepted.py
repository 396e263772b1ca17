"""An accept against its proposal: it applies that to one target, under its ledger, and says who agreed."""

from collections.abc import Iterator

from commonplace import ulid
from commonplace.audit import rules
from commonplace.audit.decided import decision
from commonplace.audit.ground import Ground, Proposed
from commonplace.audit.history import Change, Commit
from commonplace.audit.pages import OUR_HEADINGS, Difference
from commonplace.audit.rules import Differences, Fault
from commonplace.drain.lessons import PASSED
from commonplace.drain.targets import new_page, target_path
from commonplace.ledger import defanged
from commonplace.memory.topics import INDEX
from commonplace.text import count, one_line


def check(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:
    """Yield what is wrong with an accept."""
    op = decision(commit, "accept")
    if op is None:
        yield "ledger", "calls itself an accept, and names no proposal"
        return
    proposal, target = op.words
    if not commit.trailer("Accepted-By"):
        yield "ledger", "does not say who accepted it"
    if ground.proposed.get(proposal, target) != target:
        yield "ledger", f"accepts for {one_line(target, 60)} what was proposed for another target"
    path, on_memory = target_path(target), target.startswith("memory/")

    def may(change: Change) -> bool:
        return bool(change.new) and change.path in ((path, INDEX) if on_memory else (path,))

    yield from rules.beyond(commit, may, f"it may change {path} alone")
    noun = ("entry", "entries") if on_memory else ("self-eval", "self-evals")
    yield from rules.subject(commit, f"accept: {target}, {count(len(op.sources), *noun)}")
    if proposal in ground.proposals:
        yield from _under_its_ledger(commit, ground.proposals[proposal])
    yield from (_page if on_memory else _procedure)(commit, ground, diffs)
    for diff in diffs.values():
        yield from _as_proposed(ground, proposal, target, diff)


def _under_its_ledger(commit: Commit, proposed: Proposed) -> Iterator[Fault]:
    """Check that the accept names the entries and facts that its proposal does, and the check's verdict."""
    said = [op for op in commit.ops if op.verb != "accept"]
    evidence = next((op.sources for op in proposed.ops if op.verb == "propose"), ())
    if said != [op for op in proposed.ops if op.verb != "propose"]:
        yield "ledger", "its ledger is not that of its proposal"
    if evidence != next(op.sources for op in commit.ops if op.verb == "accept"):
        yield "ledger", "rests on other entries than its proposal"
    failed = "" if proposed.check == PASSED else defanged(proposed.check, 0)
    if commit.trailer("Despite-Check") != failed:
        yield (
            "ledger",
            f"does not say what the check said of its proposal: {one_line(failed, 60) or 'nothing'}",
        )


def _procedure(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:
    """Note what the lessons of a skill or rule rest on: entries of their own, else all the evidence."""
    own = {op.fact: op.sources for op in commit.ops if op.verb == "lesson"}
    evidence = next(op.sources for op in commit.ops if op.verb == "accept")
    stems: dict[str, tuple[str, ...]] = {ulid.short(entry_id): (entry_id,) for entry_id in evidence}
    for fact_id in (fact_id for diff in diffs.values() for fact_id in diff.came):
        ground.rests_on(fact_id, own.get(fact_id) or stems.get(fact_id.partition("-")[0], evidence))
    yield from ()


def _page(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:
    """Check that facts of a page went and changed as the ledger says; none comes that was not there."""
    changed = {op.fact for op in commit.ops if op.verb in ("update", "supersede")}
    gone = {op.words[0][1:] for op in commit.ops if op.verb in ("supersede", "retire", "remove")}
    for path, diff in diffs.items():
        yield from rules.unsaid(diff, path, set(), gone, changed)
        yield from rules.other_lines(commit, ground, path, diff)
    for op in commit.ops:
        if op.fact and op.verb in ("update", "supersede", "retire"):
            ground.rests_on(op.fact, op.sources)
        for entry_id in sorted(i for i in op.sources if i not in ground.captured):
            yield "ledger", f"`{op.verb}` names entry {one_line(entry_id, 40)}, which was never captured"
    rules.index(commit, ground)


def _as_proposed(ground: Ground, proposal: str, target: str, diff: Difference) -> Iterator[Fault]:
    """Check that the lines that came stand in the proposal, and those that went do not."""
    plus = {line for lines in diff.came.values() for line in lines}
    minus = {line for lines in diff.went.values() for line in lines}
    if not target.startswith("memory/"):  # there a description may come and go with the page
        plus, minus = plus.union(diff.plus) - OUR_HEADINGS, minus.union(diff.minus) - OUR_HEADINGS
    if proposal not in ground.proposals:
        if minus or plus - set(new_page(target).split("\n")):
            yield "unseen", f"proposal {proposal} is not in this clone: what it said cannot be compared"
        return
    lines = set(ground.proposals[proposal].file.decode("utf-8", "surrogateescape").split("\n"))
    if plus - lines or minus & lines:
        yield "unsaid", f"did something else than proposal {proposal} says"
