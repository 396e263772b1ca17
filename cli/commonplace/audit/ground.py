"""What the audit has learnt of a history so far: entries, drains, facts and where they came from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from commonplace import plumbing
from commonplace.audit.history import Commit
from commonplace.audit.pages import Difference, difference
from commonplace.entry import split_name
from commonplace.ledger import Op
from commonplace.memory.topics import INDEX
from commonplace.place import Place

PAGES = ("memory", "skills", "rules")


@dataclass(frozen=True)
class Proposed:
    """What a proposal says. file: the target as it would be · ops: its ledger · check: the verdict, or ""."""

    file: bytes
    ops: tuple[Op, ...]
    check: str


@dataclass
class Ground:
    """captured: entry → its object · stems: the short ids of those, which facts have · accounted: entry →
    the drain or drop that took it · drains: drain's id → its commit · proposed: proposal → its target ·
    sources: fact → the entries in its ledger lines · brought: fact → the commit in which it first came ·
    gone: facts that a commit took away · said: fact → what it has said, by words · bare: (path, line) of a
    bullet without id → its commit · proposals: proposal → what it says, as far as this repository has it ·
    in_index: (commit, line) of indexes
    about pages that the commit had not touched · blobs: object → content, of the commits at
    hand · by_hand: commits by other hands that changed our folders.
    """

    place: Place
    captured: dict[str, str] = field(default_factory=dict)
    stems: set[str] = field(default_factory=set)
    accounted: dict[str, str] = field(default_factory=dict)
    drains: dict[str, Commit] = field(default_factory=dict)
    proposed: dict[str, str] = field(default_factory=dict)
    sources: dict[str, set[str]] = field(default_factory=dict)
    brought: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    said: dict[str, set[str]] = field(default_factory=dict)
    bare: dict[tuple[str, str], str] = field(default_factory=dict)
    proposals: dict[str, Proposed] = field(default_factory=dict)
    in_index: list[tuple[str, str]] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)
    by_hand: list[Commit] = field(default_factory=list)

    def blob(self, oid: str) -> bytes:
        """Return an object's content; b"" for none, and for one that cannot be read."""
        return self.blobs.get(oid, b"") if oid else b""

    def differences(self, commit: Commit) -> dict[str, Difference]:
        """Return path → what the commit changed on each page."""
        return {
            change.path: difference(self.blob(change.old), self.blob(change.new))
            for change in commit.below(*PAGES)
            if change.path.endswith(".md") and change.path != INDEX
        }

    def learn(self, commit: Commit, found: dict[str, Difference]) -> None:
        """Note what facts came and went with a commit."""
        for path, diff in found.items():
            for fact_id, lines in diff.came.items():
                self.brought.setdefault(fact_id, commit.id)
                self.said.setdefault(fact_id, set()).add(words(lines))
            self.bare.update({(path, line): commit.id for line in diff.plus if line.startswith("- ")})
        if len(commit.parents) < 2:
            came = {fact_id for diff in found.values() for fact_id in diff.new}
            self.gone |= {fact_id for diff in found.values() for fact_id in diff.gone} - came

    def rests_on(self, fact_id: str, entries: Iterable[str]) -> None:
        """Note the sources of a fact; they are the union of all that its ledger lines name."""
        self.sources.setdefault(fact_id, set()).update(entries)


def words(lines: Iterable[str]) -> str:
    """Return what a fact's lines say, whatever the blanks between the words."""
    return " ".join(" ".join(lines).split())


def entry_of(path: str) -> str:
    """Return the id of the entry whose queue file lies at a path, or ""."""
    folder, _, name = path.rpartition("/")
    named = split_name(name) if folder == "queue" else None
    return named[0] if named else ""


AT_ONCE = 6000
"""How many objects are held at a time, about; a page has a few kilobytes, an entry less."""


def with_blobs(ground: Ground, commits: list[Commit]) -> Iterator[tuple[int, Commit]]:
    """Yield (number, commit) with the contents of what each changed at hand, read in bulk."""
    newest: dict[str, tuple[str, bytes]] = {}
    start = 0
    while start < len(commits):
        wanted: set[str] = set()
        end = start
        while end < len(commits) and (end == start or len(wanted) < AT_ONCE):
            wanted.update(_needed(commits[end]))
            end += 1
        known = {oid: data for oid, data in newest.values() if oid in wanted}
        ground.blobs = {**known, **plumbing.contents(ground.place, wanted - known.keys())}
        for number in range(start, end):
            yield number, commits[number]
            for change in commits[number].below(*PAGES):
                newest[change.path] = (change.new, ground.blob(change.new))
        start = end
    ground.blobs = {}


def _needed(commit: Commit) -> set[str]:
    """Return the objects that judging a commit takes: pages on both sides, and entries that it drains."""
    found = {oid for change in commit.below(*PAGES) for oid in (change.old, change.new) if oid}
    if commit.kind == "drain":
        found.update(change.old for change in commit.below("queue") if change.old and not change.new)
    return found
