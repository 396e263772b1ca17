"""Provenance: from a line of memory to the commits that made it, the entries, their sessions, and who
agreed. Read with plumbing alone: the index of the ledgers, one `git log` and one `cat-file`.
"""

import os
from dataclasses import dataclass

from commonplace import captured, chronicle, ledger, plumbing, worktree
from commonplace.capture import is_fact_id
from commonplace.entry import KINDS, Entry
from commonplace.errors import CommonplaceError
from commonplace.memory.pages import Fact, Page, fact_at
from commonplace.place import Place
from commonplace.worktree import FOLDERS


@dataclass(frozen=True)
class Step:
    """A commit that did something to a fact. at: Unix time · op: the ledger's line · by: who agreed."""

    commit: str
    at: int
    subject: str
    author: str
    op: ledger.Op
    drain: str
    by: str


@dataclass(frozen=True)
class Source:
    """An entry that a fact rests on; entry is None where history has lost it."""

    id: str
    entry: Entry | None


@dataclass(frozen=True)
class Provenance:
    """Where a fact stands (path "" and line 0: on no page any more), its history, its sources."""

    fact: str
    path: str
    line: int
    text: str
    steps: list[Step]
    sources: list[Source]


def why(place: Place, said: str, cwd: str) -> Provenance:
    """Return the provenance of `^id` or of the fact at `FILE:LINE`; CommonplaceError if there is none."""
    if said.startswith("^"):
        fact_id = said[1:].lower()
        if not is_fact_id(fact_id):
            raise CommonplaceError(f"{said!r} is not a fact's id", "commonplace why ^2m7r4xbeyz")
        path, fact = _find(place, fact_id)
    else:
        path, fact = _at_line(place, said, cwd)
        fact_id = fact.id
    steps = _steps(place, fact_id)
    if not steps and fact is None:
        raise CommonplaceError(f"no page and no commit names ^{fact_id}", "commonplace log")
    ids = list(dict.fromkeys(i for step in steps for i in step.op.entries if _rests(step, fact_id)))
    return Provenance(
        fact_id, path, fact.start + 1 if fact else 0, fact.text if fact else "", steps,
        _sources(place, steps, ids),
    )  # fmt: skip


def _rests(step: Step, fact_id: str) -> bool:
    """Tell whether a step's entries are sources of the fact: those of what superseded it are another's."""
    if step.op.verb == "drop" and "duplicate-of" not in step.op.words:
        return False
    verbs = ("add", "update", "supersede", "retire", "drop", "lesson")
    return step.op.verb in verbs and step.op.fact == fact_id


def _at_line(place: Place, said: str, cwd: str) -> tuple[str, Fact]:
    name, _, number = said.rpartition(":")
    if not name or not number.isdigit():
        raise CommonplaceError(
            f"{said!r} is neither ^id nor FILE:LINE", "commonplace why memory/user/deploy.md:9"
        )
    full = os.path.join(cwd, name) if os.path.exists(os.path.join(cwd, name)) else ""
    full = os.path.realpath(full or os.path.join(place.root, name))
    path = os.path.relpath(full, os.path.realpath(place.root)).replace(os.sep, "/")
    if path.partition("/")[0] not in FOLDERS:
        raise CommonplaceError(f"{name} is not in the memory at {place.root}", "commonplace status")
    data = worktree.read(place, path)
    if data is None:
        raise CommonplaceError(f"{name}: No such file", "commonplace status")
    fact = fact_at(data.decode("utf-8", "surrogateescape"), int(number))
    if fact is None:
        raise CommonplaceError(
            f"{said} holds no fact", f"git -C {place.root} blame -L {number},{number} {path}"
        )
    return path, fact


def _find(place: Place, fact_id: str) -> tuple[str, Fact | None]:
    """Return the page on which a fact stands, ("", None) if there is none."""
    out = plumbing.git(
        place,
        "grep",
        "-z",
        "-l",
        "-F",
        "--no-color",
        "-e",
        f" ^{fact_id}",
        "--",
        *FOLDERS,
        ok=(0, 1),
    )
    for path in out.decode("utf-8", "surrogateescape").split("\0"):
        if path:
            data = worktree.read(place, path)
            fact = Page((data or b"").decode("utf-8", "surrogateescape")).facts.get(fact_id)
            if fact:
                return path, fact
    return "", None


def _steps(place: Place, fact_id: str) -> list[Step]:
    """Return the commits whose ledger names the fact, the oldest first."""
    steps = []
    form = "%H%x1f%ct%x1f%an%x1f%s%x1f%B"
    for commit, at, author, subject, body in plumbing.messages(
        place, chronicle.naming(place, [fact_id]), form
    ):
        trailers = ledger.trailers(body)
        drain = next(iter(trailers.get("Drain-Id", [])), "")
        by = next(iter(trailers.get("Accepted-By", [])), "")
        for op in ledger.parse(body):
            if f"^{fact_id}" in op.words:
                steps.append(Step(commit, int(at), subject, author, op, drain, by))
    return steps


def _sources(place: Place, steps: list[Step], ids: list[str]) -> list[Source]:
    """Return the entries as they were captured: a drain's parent holds them."""
    drains = {i: step.commit for step in steps if step.drain for i in step.op.entries}
    for entry_id in ids:
        if entry_id not in drains:
            paths = [f"queue/{entry_id}.{kind}.md" for kind in KINDS]
            out = plumbing.git(place, "log", "-1", "--format=%H", "--diff-filter=D", "HEAD", "--", *paths)
            drains[entry_id] = out.decode().strip()
    names = [f"{drains[i]}^:queue/{i}.{kind}.md" for i in ids for kind in KINDS if drains[i]]
    blobs = plumbing.contents(place, names)
    found = []
    for entry_id in ids:
        data = next((blobs[name] for name in names if f"/{entry_id}." in name and name in blobs), None)
        found.append(Source(entry_id, captured.parsed(entry_id, data)))
    return found
