"""What a query asks for: its terms and those near them, and the times that it names."""

import math
from itertools import pairwise

from commonplace.recall.index import Index
from commonplace.recall.terms import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_ALIKE = 0.3
"""What a term counts that means much the same as one of the query."""

_MEANT = 0.6
"""What a term counts that may have been meant: one letter apart, or written in one word or in two."""

_MOST = 64
"""How many terms of a query are looked for: a page that was pasted is no question."""

_LONG = 5
"""A shorter word is not taken for another one misspelt, in characters."""

_TIMES = frozenset((
    "today", "yesterday", "ago", "last", "past", "week", "month", "year", "monday", "tuesday", "wednesday",
    "thursday", "friday", "saturday", "sunday", "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun",
    "jul", "aug", "sep", "sept", "oct", "nov", "dec",
))  # fmt: skip
"""Words that may name a time."""


class Terms(dict[str, float]):
    """What to look for: each term, and what it counts by how rare it is and how near it is to the query."""

    @property
    def match(self) -> str:
        """The terms as FTS5 takes them: any of them."""
        return " OR ".join(f'"{term}"' for term in self) or '""'


class Asked:
    """A query as it is searched for. spans: the times it names, each a beginning and an end in Unix time."""

    __slots__ = ("spans", "terms")

    def __init__(self, wanted: Terms, spans: list[tuple[float, float]]) -> None:
        self.terms = wanted
        self.spans = spans


def asked(index: Index, query: str, now: float) -> Asked:
    """Return what a query asks for."""
    spans: list[tuple[float, float]] = []
    words = query.lower().replace(",", " ").split()
    if any(word in _TIMES or word[:4].isdigit() for word in words):
        from commonplace.recall import when  # two milliseconds of patterns

        spans, query = when.spans(query, now)
    if query.startswith("May ") and not query[4:5].isdigit():
        query = query[4:]  # who asks whether they may means no month
    return Asked(_wanted(index, query), spans)


def _wanted(index: Index, query: str) -> Terms:
    own = list(dict.fromkeys(terms(query)))[:_MOST]
    found = dict.fromkeys(own, 1.0)
    for term in own:
        for near in _alike(index, term):
            found.setdefault(near, _ALIKE)
        if not _holding(index, term):
            for near in _misspelt(index, term):
                found.setdefault(near, _MEANT)
    for one, other in pairwise(own):
        if _holding(index, one + other):
            found.setdefault(one + other, _MEANT)
    many = index.db.execute("SELECT count(*) FROM words_docsize").fetchone()[0]
    return Terms((term, count * _rarity(_holding(index, term), many)) for term, count in found.items())


def _rarity(holding: int, many: int) -> float:
    return math.log(1 + (many - holding + 0.5) / (holding + 0.5))


def _holding(index: Index, term: str) -> int:
    """Return how many lines hold a term in their own words."""
    row = index.db.execute("SELECT doc FROM vocabulary WHERE term = ? AND col = 'own'", (term,)).fetchone()
    return int(row[0]) if row else 0


def _alike(index: Index, term: str) -> list[str]:
    row = index.db.execute("SELECT others FROM alike WHERE term = ?", (term,)).fetchone()
    return row[0].split() if row else []


def _misspelt(index: Index, term: str) -> "Iterator[str]":
    """Yield the terms of the index that an unknown one may have been meant for."""
    if len(term) < _LONG or not term.isalpha():
        return
    for at in range(3, len(term) - 2):
        if _holding(index, term[:at]) and _holding(index, term[at:]):
            yield from (term[:at], term[at:])
    first = "SELECT term FROM vocabulary WHERE term > ? AND term < ? AND col = 'own'"
    for (known,) in index.db.execute(first, (term[:2], term[:2] + "\U0010ffff")):
        if _one_letter_apart(term, known):
            yield known


def _one_letter_apart(one: str, other: str) -> bool:
    """Tell whether a letter is missing, too many or another, or two have changed places."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next(
        (at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return (len(one) < 2 and len(other) < 2) or (len(one) == 2 and one == other[::-1])
