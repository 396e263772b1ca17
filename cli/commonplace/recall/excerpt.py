"""Excerpts: the part of a text that answers a query, in no more characters than there is room for."""

import re
from bisect import bisect_left
from itertools import pairwise

from commonplace.recall.terms import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

FIRST, LEAST, FALL = 480, 180, 0.9
"""How long the first line may be, how long any line may, in characters, and how fast the room falls.

The first lines are shown nearly whole, and more of the later ones fit: of 65 questions about session logs
0.80 are answered within 4,096 characters, where 0.75 are with 240 characters for every line.
"""

CUT = "…"

_WORD = re.compile(r"\S+")
_ENDS = (".", "!", "?", ":", ";")


def room(number: int) -> int:
    """Return how many characters the line of that number may have, counted from 0."""
    return max(LEAST, int(FIRST * FALL**number))


def excerpt(text: str, counts: "Mapping[str, float]", limit: int) -> str:
    """Return the window of a text that holds most of what is looked for, cut at words, `…` where it was cut.

    counts: terms and what each counts. Of two windows that hold the same the earlier is taken, and one that
    begins with a sentence before one that does not.
    """
    if len(text) <= limit:
        return text
    limit -= 2 * len(CUT)
    words = [(found.start(), found.end(), found[0]) for found in _WORD.finditer(text)]
    hits = [(start, end, said) for start, end, word in words if (said := counts.keys() & terms(word))]
    begins = {0, *(after[0] for word, after in pairwise(words) if word[2].endswith(_ENDS))}
    starts = [start for start, _, _ in words]
    best, at = -1.0, 0
    for begin in sorted(begins | {_at_word(starts, start - limit // 3) for start, _, _ in hits}):
        first = min(begin, _at_word(starts, len(text) - limit))
        held = {term for start, end, said in hits if start >= first and end <= first + limit for term in said}
        worth = sum(counts[term] for term in held) * (1.05 if first in begins else 1.0)
        if worth > best:
            best, at = worth, first
    end = at + limit
    if end < len(text):
        end = max((stop for _, stop, _ in words if at < stop <= end), default=end)
    return (CUT if at else "") + text[at:end] + (CUT if end < len(text) else "")


def _at_word(starts: list[int], position: int) -> int:
    """Return where the first word at a position or after it begins."""
    return starts[min(bisect_left(starts, position), len(starts) - 1)]
