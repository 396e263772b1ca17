"""Room for a rule: hosts load all rules at every session, within `rules.max_chars`.

A lesson that would push them over it is admitted by evicting the weakest of the same file, in the same
proposal, so that a person sees both in one diff. Only lines that carry an id of ours are evicted, never a
person's own; where that makes no room, nothing is evicted and the proposal says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from commonplace.drain.targets import Target
from commonplace.evidence import Strength
from commonplace.memory import front
from commonplace.memory.pages import Page


@dataclass(frozen=True)
class Budget:
    """chars: the most that all rules may hold, 0 for no limit · strengths: lesson id → how often met."""

    chars: int = 0
    strengths: Mapping[str, Strength] | None = None


@dataclass(frozen=True)
class Room:
    """What became of a rule's text: with which lessons evicted, and what a person is told of it."""

    text: str
    evicted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def make(target: str, text: str, kept: frozenset[str], targets: Mapping[str, Target], budget: Budget) -> Room:
    """Return a rule's new text within the budget; `kept` are the lessons that are not to be evicted."""
    others = sum(
        len(front.body(other.text))
        for name, other in targets.items()
        if name.startswith("rules/") and name != target and other.text
    )
    size = others + len(front.body(text))
    if not budget.chars or size <= budget.chars or not target.startswith("rules/"):
        return Room(text)
    strengths = budget.strengths or {}
    weakest = sorted(
        (fact for fact in Page(text).facts if fact not in kept),
        key=lambda fact: (strengths.get(fact, Strength()), fact),  # an id begins with its time
    )
    page = Page(text)
    for number, fact in enumerate(weakest, start=1):
        page.remove(fact)
        if others + len(front.body(page.text())) <= budget.chars:
            gone = tuple(weakest[:number])
            return Room(page.text(), gone, tuple(_told(fact, strengths.get(fact)) for fact in gone))
    return Room(
        text,
        notes=(
            f"with it all rules hold {size:,} characters, and rules.max_chars is {budget.chars:,}: "
            "no lesson of this file makes room enough",
        ),
    )


def _told(fact: str, found: Strength | None) -> str:
    met = f"met in {found}" if found and found.sessions else "of unknown evidence"
    return f"^{fact} is evicted, {met}: all rules stay within rules.max_chars"
