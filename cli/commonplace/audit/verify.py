"""Verifying: the whole history of the memory's branch, checked against itself and what was recorded here."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from commonplace import heads, ledger, plumbing, proposal_text, refs, repo
from commonplace.audit import commits, recorded, rules
from commonplace.audit.decided import decision
from commonplace.audit.findings import FAULT, NOTE, Finding
from commonplace.audit.ground import Ground, Proposed, with_blobs
from commonplace.audit.history import Commit, read
from commonplace.audit.standing import Standing
from commonplace.drain import edits
from commonplace.drain.targets import target_path
from commonplace.errors import CommonplaceError
from commonplace.heads import Head
from commonplace.lock import Lock
from commonplace.place import Place
from commonplace.settings import Settings
from commonplace.text import count
from commonplace.worktree import FOLDERS, scan

Told = Callable[[str], None]
"""Called with a line of progress."""

JUDGED = ("unseen", "unfounded")
"""The kinds of findings about a commit that a person has to judge."""

STEP = 500
"""How many commits are checked between two lines of progress."""


@dataclass(frozen=True)
class Verdict:
    """What an audit found. accepted: how many findings a person has taken as they are, with `restart`."""

    branch: str
    tip: str
    commits: int
    drains: int
    captured: int
    accounted: int
    facts: int
    heads: list[Head]
    by_hand: list[Commit]
    findings: list[Finding]
    accepted: list[Finding]

    @property
    def faults(self) -> list[Finding]:
        """Return the findings that are wrong; the others are worth knowing."""
        return [finding for finding in self.findings if finding.level == FAULT]


def verify(place: Place, settings: Settings, since: str = "", told: Told = lambda _: None) -> Verdict:
    """Check the history of the memory's branch; `since` is a commit that it must still hold."""
    branch = settings.text("repository.branch")
    trace = recorded.trace(place, branch)
    tip = refs.resolve(place, f"refs/heads/{branch}")
    if not tip:
        raise CommonplaceError(f"there is no branch {branch}", "commonplace status")
    told("reading the history")
    history = read(place, tip)
    known = {commit.id: number for number, commit in enumerate(history)}
    findings = [*_whole(place), *_noted(place, since, known), *recorded.check(place, trace, known)]
    ground = Ground(place, proposals=_proposals(place, history))
    facts = 0
    # A shallow clone's first commits would seem to have made all that lies below them.
    if not any(finding.kind == "shallow" for finding in findings):
        findings += _walk(history, ground, told)
        told("reading the pages")
        standing = Standing(ground, tip)
        findings += standing.findings()
        facts = len(standing.where)
    findings += _uncommitted(place, tip)
    accepted = _accepted(history, known, recorded.since(trace.heads))
    return Verdict(
        branch, tip, len(history), len(ground.drains), len(ground.captured), len(ground.accounted),
        facts, trace.heads, ground.by_hand,
        [finding for finding in findings if not accepted & {finding.where, finding.by}],
        [finding for finding in findings if accepted & {finding.where, finding.by}],
    )  # fmt: skip


def _walk(history: list[Commit], ground: Ground, told: Told) -> Iterator[Finding]:
    """Yield what is wrong with each commit, and learn on the way what the pages rest on."""
    for number, commit in with_blobs(ground, history):
        if number % STEP == 0:
            told(f"checking {number:,} of {count(len(history), 'commit')}")
        for kind, what in commits.check(commit, ground):
            yield Finding(NOTE if kind in JUDGED else FAULT, kind, commit.id, what)
    for where, (kind, what) in rules.index_lines(ground):
        yield Finding(FAULT, kind, where, what)


def _whole(place: Place) -> Iterator[Finding]:
    if os.path.exists(os.path.join(place.git, "shallow")):
        yield Finding(FAULT, "shallow", place.root, "this clone is shallow: its history does not begin here")
    grafts = os.path.join(place.git, "info", "grafts")
    if os.path.exists(grafts):
        yield Finding(FAULT, "graft", grafts, "history is read as this file says, not as it was made")


def _noted(place: Place, since: str, known: dict[str, int]) -> Iterator[Finding]:
    if since:
        commit = plumbing.resolve(place, since)
        if commit not in known:
            yield Finding(FAULT, "rewritten", commit or since, "was noted, and is not in the history")


def _proposals(place: Place, history: list[Commit]) -> dict[str, Proposed]:
    """Return proposal → what it says, for those accepted, as far as this repository has them."""
    out = plumbing.git(
        place, "for-each-ref", "--format=%(objectname) %(refname)",
        "refs/commonplace/closed", "refs/heads/proposal", "refs/remotes",
    )  # fmt: skip
    made: dict[str, str] = {}
    for line in out.decode("utf-8", "surrogateescape").splitlines():
        oid, _, ref = line.partition(" ")
        made.setdefault(ref.rpartition("/")[2], oid)  # ours come before a remote's
    names = {}
    for commit in history:
        op = decision(commit, "accept") if commit.kind == "accept" else None
        if op and op.words[0] in made:
            oid = made[op.words[0]]
            names[op.words[0]] = (oid, f"{oid}:{target_path(op.words[1])}")
    blobs = plumbing.contents(place, [name for pair in names.values() for name in pair])
    return {
        proposal: _proposed(blobs[oid], blobs[file])
        for proposal, (oid, file) in names.items()
        if oid in blobs and file in blobs
    }


def _proposed(commit: bytes, file: bytes) -> Proposed:
    body = commit.partition(b"\n\n")[2].decode("utf-8", "surrogateescape")
    return Proposed(file, tuple(ledger.parse(body)), proposal_text.verdict(body)[0])


def _uncommitted(place: Place, tip: str) -> Iterator[Finding]:
    """Yield what the work tree says that no commit does yet, where the branch is checked out."""
    linked = next((folder for folder in FOLDERS if os.path.islink(os.path.join(place.root, folder))), "")
    if linked:
        yield Finding(FAULT, "link", linked, "is a symbolic link: no folder of the memory is one")
    elif refs.head(place)[1] == tip:
        on_disk, _ = scan(place)
        found = edits.find(place, on_disk, plumbing.tree(place, tip, *FOLDERS), tip)
        for path in sorted(found.files):
            yield Finding(NOTE, "uncommitted", path, "differs from the history")


def _accepted(history: list[Commit], known: dict[str, int], counted: list[Head]) -> set[str]:
    """Return the commits that a person has taken as they are: all below the last fresh beginning."""
    if not counted or counted[0].what not in heads.AFRESH or counted[0].commit not in known:
        return set()
    found = {counted[0].commit}
    for commit in reversed(history[: known[counted[0].commit] + 1]):
        if commit.id in found:
            found.update(commit.parents)
    return found


def restart(place: Place, settings: Settings, because: str) -> str:
    """Take the history as it is from here on, with a person's reason; return the tip."""
    with Lock(place, "an audit"):
        tip = repo.ready(place, settings.text("repository.branch"))
        heads.record(place, "restart", tip, why=because)
        return tip
