"""Lessons: self-evals gathered by the skill or rule that they would mend, each an edit to propose.

A target has at most one open proposal: a newer one takes over what the older one held. What a person
turned down is not offered again. What a tool or a web page said reaches no skill and no rule. A lesson
that says more exactly what one of ours says takes that line's place; what a line says already, in whoever's
words, is evidence for it and no second line.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from commonplace import ulid
from commonplace.drain import room
from commonplace.drain.gate import edited
from commonplace.drain.operations import Operation
from commonplace.drain.restating import SNAG, lines_by_hand, relation
from commonplace.drain.room import Budget, Room
from commonplace.drain.targets import Target, said, start, target_path
from commonplace.entry import Entry
from commonplace.ledger import Op
from commonplace.memory.pages import SECTIONS, Page
from commonplace.memory.words import normal

PASSED = "passed"
"""What is said of a proposal that the check command let pass."""


@dataclass(frozen=True)
class Draft:
    """A proposal to be: id · target: `skills/<name>`, or a page, `memory/user/deploy` · path, old and new
    text · evidence: entries' ids · replaces: the open proposal it takes over from, or "" · ops: the ledger
    of what it changes · notes: what a person should know before they decide · disputed: only a person may
    apply it, whatever the settings say of the close · check: what the check command said, "" without one.
    """

    id: str
    target: str
    path: str
    old: str | None
    new: str
    evidence: tuple[str, ...]
    replaces: str
    ops: tuple[Op, ...] = ()
    notes: tuple[str, ...] = ()
    disputed: bool = False
    check: str = ""

    @property
    def may_apply(self) -> bool:
        """Whether the close may apply it, where a person's settings let it apply proposals at all."""
        return not self.disputed and self.check in ("", PASSED)


@dataclass
class Lessons:
    """Turns self-evals into drafts of proposals; `ops` are the drain's ledger."""

    targets: Mapping[str, Target]
    rejected: frozenset[tuple[str, str]]
    budget: Budget = field(default_factory=Budget)
    ops: list[Op] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)

    def plan(self, groups: Mapping[str, list[Entry]], answers: Mapping[str, Sequence[Operation]]) -> None:
        """Plan at most one proposal for each target."""
        for target, group in groups.items():
            draft = self._draft(target, group, answers.get(target, ()))
            if draft:
                self.ops.append(Op("propose", (draft.id, target), draft.evidence))
                self.drafts.append(draft)

    def _draft(self, target: str, group: list[Entry], answered: Sequence[Operation]) -> Draft | None:
        """Return the one proposal for a target: a worker's edit where there is one, lessons for the rest."""
        current = self.targets.get(target, Target(None))
        done = [entry_id for operation in answered for entry_id in operation.sources]
        dropped = [operation for operation in answered if operation.verb == "drop"]
        self.ops += [Op("drop", (entry_id, o.reason)) for o in dropped for entry_id in o.sources]
        edits = [edit for operation in answered for edit in operation.edits]
        page = Page(edited(start(target, current), edits))
        proposed = [i for o in answered if o.verb == "propose" for i in o.sources]
        mine = self._lessons(target, [entry for entry in group if entry.id not in done], page)
        new = [*proposed, *(entry_id for ids in mine.values() for entry_id in ids)]
        if not new:
            return None
        made = room.make(target, page.text(), frozenset(mine), self.targets, self.budget)
        evidence = (*(e for e in current.evidence if e not in new), *dict.fromkeys(new))
        return Draft(
            ulid.short(ulid.new()), target, target_path(target), current.text, made.text, evidence,
            current.open_id, _ledger(target, mine, made, current.ops), _notes(current, made),
        )  # fmt: skip

    def _lessons(self, target: str, group: list[Entry], page: Page) -> dict[str, list[str]]:
        """Put each self-eval that says something new on the page; return lesson id → its entries."""
        before = page.text()
        by_hand, keys = lines_by_hand(before), said(before)
        mine: dict[str, list[str]] = {}
        texts = {fact.id: fact.text for fact in page.facts.values()}
        for entry in group:
            key = normal(entry.better)
            lesson = keys.get(key, "")
            if (target, key) in self.rejected:
                self.ops.append(Op("drop", (entry.id, "rejected-before", target)))
            elif lesson in mine:
                mine[lesson].append(entry.id)
            elif lesson:
                self.ops.append(Op("drop", (entry.id, "duplicate-of", f"^{lesson}")))
            elif key in by_hand:
                self.ops.append(Op("drop", (entry.id, "said-by-hand", target)))
            else:
                keys[key] = lesson = _put(page, entry, texts)
                mine.setdefault(lesson, []).append(entry.id)
                texts.pop(lesson, None)
        return mine


def _put(page: Page, entry: Entry, texts: Mapping[str, str]) -> str:
    """Put a lesson on the page, in place of the one that it says more exactly; return its id."""
    text = f"{entry.better}{SNAG}{entry.snag})"
    old = next((i for i, there in texts.items() if relation(entry.better, there) == "more"), "")
    if old:
        page.replace(old, text, old)
        return old
    page.add(SECTIONS["lesson"], text, ulid.short(entry.id))
    return ulid.short(entry.id)


def _ledger(target: str, mine: Mapping[str, list[str]], made: Room, before: tuple[Op, ...]) -> tuple[Op, ...]:
    """Return which entries stand for which lesson, and what goes; `before` is what was taken over."""
    there = Page(made.text).facts
    sources = {op.fact: op.sources for op in before if op.verb == "lesson" and op.fact in there}
    for lesson, ids in mine.items():
        sources[lesson] = (*sources.get(lesson, ()), *ids)
    gone = {op.fact: op for op in before if op.verb == "evict"}
    gone.update({lesson: Op("evict", (f"^{lesson}", target)) for lesson in made.evicted})
    return (*(Op("lesson", (f"^{i}", target), ids) for i, ids in sources.items()), *gone.values())


def _notes(current: Target, made: Room) -> tuple[str, ...]:
    """Return what a person is told: of what the older proposal evicted, it still holds."""
    return (*(note for note in current.notes if note.startswith("^")), *made.notes)
