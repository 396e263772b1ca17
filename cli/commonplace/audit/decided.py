"""Decisions against their own ledgers: reject, undo, forget, drop; an accept is judged in `accepted`."""

from collections.abc import Iterator

from commonplace.audit import rules
from commonplace.audit.ground import Ground, entry_of
from commonplace.audit.history import Commit
from commonplace.audit.rules import Differences, Fault
from commonplace.ledger import Op
from commonplace.text import count, one_line
from commonplace.worktree import FOLDERS


def decision(commit: Commit, verb: str) -> Op | None:
    """Return the one operation of an accept or a reject, None if its ledger or trailer is not like one."""
    found = [op for op in commit.ops if op.verb == verb and len(op.words) == 2]
    return found[0] if len(found) == 1 and commit.trailer("Proposal") == found[0].words[0] else None


def reject(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:  # noqa: ARG001
    """Yield what is wrong with a reject: it writes the one page that remembers it."""
    op = decision(commit, "reject")
    if op is None:
        yield "ledger", "calls itself a reject, and names no proposal"
        return
    path = f"rejected/{op.words[0]}.md"
    yield from rules.beyond(commit, lambda c: c.path == path and bool(c.new), f"it may write {path} alone")


def undo(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:
    """Yield what is wrong with an undo: facts go, or come back as they were."""
    if commit.trailer("Undo") not in ground.drains:
        yield "ledger", "calls itself an undo, and names no drain of this history"
        return
    said: dict[str, set[str]] = {"remove": set(), "restore": set(), "requeue": set()}
    for op in commit.ops:
        said.setdefault(op.verb, set()).add(op.fact or op.words[-1])
    unapplied = {path for path in said["remove"] if path.startswith(("skills/", "rules/"))}
    yield from rules.beyond(
        commit,
        lambda c: rules.is_memory(c) or c.path in unapplied,
        "an undo changes what its drain changed",
    )
    for entry_id in sorted(i for i in said["requeue"] if i not in ground.captured):
        yield "ledger", f"puts entry {one_line(entry_id, 40)} back, which was never captured"
    gone = count(sum(op.verb == "remove" for op in commit.ops), "fact")
    back = count(len(said["requeue"]), "entry", "entries")
    yield from rules.subject(commit, f"undo: {gone} taken back, {back} held in the queue")
    for path, diff in diffs.items():
        if path not in unapplied:
            yield from rules.unsaid(diff, path, said["restore"], said["remove"], said["restore"])
            yield from rules.other_lines(commit, ground, path, diff)
            yield from rules.said_before(ground, path, diff)
    rules.index(commit, ground)


def forget(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:
    """Yield what is wrong with a forgetting: what its ledger names goes, and nothing comes."""
    named = {op.words[0] for op in commit.ops if op.verb == "forget"}
    yield from rules.beyond(
        commit,
        lambda c: c.path.partition("/")[0] in FOLDERS or (entry_of(c.path) in named and not c.new),
        "a forgetting takes out of the memory what it names",
    )
    gone = {word[1:] for word in named if word.startswith("^")}
    for path, diff in diffs.items():
        yield from rules.unsaid(diff, path, set(), gone, set())
        yield from rules.other_lines(commit, ground, path, diff)
    left = [entry_of(change.path) for change in commit.below("queue") if not change.new]
    ground.accounted.update(dict.fromkeys(left, commit.id))
    rules.index(commit, ground)


def drop(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:  # noqa: ARG001
    """Yield what is wrong with a drop: exactly the entries of its ledger leave the queue."""
    said = {op.words[0] for op in commit.ops if op.verb == "drop"}
    gone = {entry_of(change.path) for change in commit.below("queue") if not change.new}
    yield from rules.beyond(
        commit, lambda c: bool(entry_of(c.path)) and not c.new, "a drop takes entries alone"
    )
    if said != gone:
        yield "ledger", f"dropped {count(len(gone), 'entry', 'entries')}, and its ledger names {len(said)}"
    ground.accounted.update(dict.fromkeys(gone, commit.id))
    yield from rules.subject(commit, f"queue: drop {count(len(said), 'entry', 'entries')}")
