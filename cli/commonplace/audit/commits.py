"""Each commit of ours against its own ledger: what it says it did is what it did, and nothing else."""

from collections.abc import Callable, Iterator

from commonplace import ulid
from commonplace.audit import accepted, decided, drains, rules
from commonplace.audit.ground import Ground, entry_of
from commonplace.audit.history import TOOL_NAME, Commit
from commonplace.audit.rules import Differences, Fault
from commonplace.place import SETTINGS
from commonplace.text import count, one_line
from commonplace.worktree import FOLDERS

_BOTH, _AUTHOR, _COMMITTER = ("author", "committer"), ("author",), ("committer",)

MADE_BY_US = {
    "capture": _BOTH, "drain": _BOTH, "recover": _BOTH, "upgrade": _BOTH, "init": _COMMITTER,
    "edit": _COMMITTER, "accept": _AUTHOR,
}  # fmt: skip
"""Kind of commit → where the program's own name stands; elsewhere a person's does."""


def check(commit: Commit, ground: Ground) -> Iterator[Fault]:
    """Yield what is wrong with one commit, and learn from it what later ones rest on."""
    yield from _entries(commit, ground)
    diffs = ground.differences(commit)
    yield from _names(commit)
    # What only calls itself ours is judged as what it is: a commit by another hand.
    forged = commit.kind in MADE_BY_US and TOOL_NAME not in (commit.author, commit.committer)
    yield from (_hand if forged else _CHECKS.get(commit.kind, _hand))(commit, ground, diffs)
    ground.learn(commit, diffs)


def _entries(commit: Commit, ground: Ground) -> Iterator[Fault]:
    """Note the entries that a commit brings; each has for good the content it was first captured with."""
    for change in commit.below("queue"):
        entry_id = entry_of(change.path)
        if entry_id and change.new:
            ground.stems.add(ulid.short(entry_id))
        if entry_id and change.new and ground.captured.setdefault(entry_id, change.new) != change.new:
            yield "altered", f"{change.path} is not what it was when it was captured"


def _names(commit: Commit) -> Iterator[Fault]:
    """Check whose names it carries: an amended or rebased commit has a person's where ours stood."""
    names = {"author": commit.author, "committer": commit.committer}
    for where in MADE_BY_US.get(commit.kind, ()):
        if names[where] != TOOL_NAME:
            yield "rewritten", f"is a {commit.kind}, and {one_line(names[where], 60)} made it or made it anew"
            return


def _hand(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:  # noqa: ARG001
    if commit.below(*FOLDERS, "queue"):
        ground.by_hand.append(commit)
    yield from ()


def _edit(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:  # noqa: ARG001
    ground.by_hand.append(commit)
    ours = (*FOLDERS, SETTINGS)
    yield from rules.beyond(commit, lambda c: c.path.partition("/")[0] in ours, "an edit is of pages")
    # A file in which all that the edit had dropped was kept is as it was before.
    kept = {op.words[-1] for op in commit.ops if op.verb == "kept"}
    files = len(kept.union(change.path for change in commit.changes))
    yield from rules.subject(commit, f"edit: {count(files, 'file')} by hand")


def _init(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:  # noqa: ARG001
    if commit.parents:
        yield "beyond", "calls itself the first commit, and is not"


def _capture(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:  # noqa: ARG001
    rule = "a capture brings entries and nothing else"
    yield from rules.beyond(commit, lambda c: bool(entry_of(c.path)) and bool(c.new), rule)
    brought = sum(bool(entry_of(change.path)) for change in commit.changes)
    yield from rules.subject(commit, f"capture: {count(brought, 'entry', 'entries')}")


def _recover(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:
    yield from rules.beyond(
        commit,
        lambda c: c.path.partition("/")[0] in FOLDERS or (bool(entry_of(c.path)) and not c.new),
        "a recovery brings pages and queue along",
    )
    for path, diff in diffs.items():
        yield from rules.said_before(ground, path, diff)


def _upgrade(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:  # noqa: ARG001
    yield from rules.beyond(commit, lambda c: c.path == SETTINGS, f"an upgrade changes {SETTINGS} alone")


def _proposal(commit: Commit, ground: Ground, diffs: Differences) -> Iterator[Fault]:  # noqa: ARG001
    yield "beyond", "is a proposal that was put on the branch by hand: nobody accepted it"


_CHECKS: dict[str, Callable[[Commit, Ground, Differences], Iterator[Fault]]] = {
    "init": _init,
    "capture": _capture,
    "drain": drains.check,
    "accept": accepted.check,
    "reject": decided.reject,
    "undo": decided.undo,
    "forget": decided.forget,
    "edit": _edit,
    "queue": decided.drop,
    "recover": _recover,
    "upgrade": _upgrade,
    "proposal": _proposal,
}
