"""Whether history has only grown: since the heads recorded here, and as far back as the reflog goes."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from commonplace import heads, plumbing
from commonplace.audit.findings import FAULT, NOTE, Finding
from commonplace.audit.history import Commit, read
from commonplace.heads import Head
from commonplace.place import Place
from commonplace.plumbing import GitError
from commonplace.show import when
from commonplace.text import count, one_line


def since(recorded: list[Head]) -> list[Head]:
    """Return the heads that count: those from the last time that a person began afresh."""
    begins = [number for number, head in enumerate(recorded) if head.what in heads.AFRESH]
    return recorded[begins[-1] :] if begins else recorded


@dataclass(frozen=True)
class Trace:
    """Where the branch has stood: recorded heads, and (commit, Unix time, reason) of each move away."""

    heads: list[Head]
    moves: list[tuple[str, int, str]]


def trace(place: Place, branch: str) -> Trace:
    """Read both; to be done before the branch's tip is read, as a drain may move it meanwhile."""
    return Trace(heads.read(place), list(_moves(place, branch)))


def check(place: Place, trace: Trace, known: Mapping[str, object]) -> Iterator[Finding]:
    """Yield what is wrong with the heads, and what the branch has lost; `known` holds its commits by id."""
    recorded = trace.heads
    for number, head in enumerate(recorded, start=1):
        if not head.whole:
            yield Finding(FAULT, "record", place.inside(heads.FILE), f"line {number} has been tampered with")
    counted = since(recorded)
    if not recorded:
        yield Finding(
            NOTE, "clone", place.root, "no head is recorded here yet: only its reflog says that it has grown"
        )
    lost = [head for head in counted if head.commit not in known]
    if lost:
        last = lost[-1]
        what = f"{count(len(lost), 'head')} recorded here, the last on {when(last.at)} by {last.what}"
        yield Finding(FAULT, "rewritten", last.commit, f"{what}: not in the history any more")
    begun = counted[0].at if counted and counted[0].what in heads.AFRESH else 0
    told = {head.commit for head in lost}
    moved = {commit: why for commit, at, why in trace.moves if at > begun and commit not in told}
    yield from _lost(place, {commit: why for commit, why in moved.items() if commit not in known})


def _lost(place: Place, moved: dict[str, str]) -> Iterator[Finding]:
    """Yield the commits on which the branch once stood, and which it has lost: commit → reason."""
    for commit, why in moved.items():
        made = _commit(place, commit)
        ours = made is None or made.kind != "hand"
        kind = "rewritten" if ours else "by-hand"
        what = f"the branch stood on it and has lost it ({one_line(why, 60) or 'no reason noted'})"
        yield Finding(FAULT if ours else NOTE, kind, commit, what)


def _moves(place: Place, branch: str) -> Iterator[tuple[str, int, str]]:
    """Yield (commit, Unix time, reason) of each move of the branch away from a commit."""
    try:
        path = os.path.join(place.git, "logs", "refs", "heads", *branch.split("/"))
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().split("\n")
    except OSError:
        yield from _asked(place, branch)
        return
    for line in lines:
        head, _, why = line.partition("\t")
        fields = head.split(" ")
        if len(fields) > 4 and fields[0].strip("0"):
            yield fields[0], _number(fields[-2]), why


def _asked(place: Place, branch: str) -> Iterator[tuple[str, int, str]]:
    """Yield the same from git itself, where the reflog is no file."""
    form = "--format=%H%x09%gd%x09%gs"
    out = plumbing.git(place, "log", "-g", "--date=unix", form, f"refs/heads/{branch}", "--", ok=(0, 128))
    rows = [line.split("\t", 2) for line in out.decode("utf-8", "replace").split("\n") if line]
    for (_, at, why), (before, *_) in pairwise(rows):
        yield before, _number(at.rpartition("{")[2].rstrip("}")), why


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0


def _commit(place: Place, commit: str) -> Commit | None:
    """Return a commit that no branch may hold any more, None if it is gone."""
    try:
        return read(place, "--no-walk", commit)[0]
    except (GitError, IndexError):
        return None
