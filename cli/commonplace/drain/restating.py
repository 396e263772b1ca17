"""Restating: whether a lesson says what a line of a skill or a rule says already, or says it more exactly."""

import re
from typing import Literal

from commonplace.drain import polarity
from commonplace.memory.words import normal, significant

Relation = Literal["", "same", "more"]

SNAG = " (snag: "
"""Between a lesson's better way and what went wrong, on its line."""

ENOUGH = 2
"""Words that a line must have before a lesson that holds them all can be taken for its refinement."""

_TURNS = re.compile(
    r"\b(?:not|no|never|none|nor|neither|cannot|without|avoid\w*|stop|un\w+|except|instead|rather|but|only)\b"
    r"|n't\b",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^[ \t]*(?:[-*+]|[0-9]+[.)])?[ \t]*")


def lesson_key(text: str) -> str:
    """Return the normal form of a lesson's better way, the snag left aside."""
    return normal(text.partition(SNAG)[0])


def relation(new: str, old: str) -> Relation:
    """Return how a better way stands to a line that is there: it says the `same`, or it says all of that
    and `more`, or "": something else.

    More says every word of the old, in its order, and no word that could turn its sense; in doubt it is
    something else, and stands beside it.
    """
    mine, theirs = normal(new), lesson_key(old)
    if mine == theirs:
        return "same"
    said = significant(theirs)
    if len(said) < ENOUGH or len(significant(mine)) > 4 * len(said):
        return ""
    extra = _rest(mine.split(), theirs.split())
    if not extra or _TURNS.search(" ".join(extra)) or polarity.turned(new, [theirs]):
        return ""
    return "more"


def _rest(words: list[str], within: list[str]) -> list[str]:
    """Return the words that are left when the others, in their order, are taken out; [] if they are not."""
    left = []
    wanted = list(within)
    for word in words:
        if wanted and word == wanted[0]:
            wanted.pop(0)
        else:
            left.append(word)
    return [] if wanted else left


def lines_by_hand(text: str) -> set[str]:
    """Return the normal forms of a file's lines, their bullets and numbers left aside."""
    return {normal(_BULLET.sub("", line)) for line in text.split("\n")} - {""}
