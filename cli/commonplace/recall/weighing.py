"""Weighing: how well a line answers a query.

FTS5 finds the lines; the best of them and their neighbours are then weighed by BM25F: a term counts most in
a line's own words, less in what it stands under or answers, in what was said next, and in the lines around
it. A page or session counts by its best lines.

What counts how much was set on 3 conversations of LoCoMo and on 65 questions about session logs, looked at
one by one and by repository. It lies on a plateau: changed by half, none moves a figure by more than 0.02.
"""

from commonplace.recall.asking import Terms
from commonplace.recall.index import PLACES, Index
from commonplace.recall.scope import Scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_CONTEXT = 0.5
_REPLY = 0.5
_AROUND = ((-1, 0.3), (1, 0.15), (-2, 0.15), (2, 0.07))
"""What a term counts in a line's context, in the context of the next turn (which is what was replied), and
in the lines so far away, where it counts 1 in the line's own words."""

_K1, _B = 1.2, 0.75
"""BM25's own: how soon a term repeated adds nothing, and how far a long text is held against it."""

_PAGE, _BEST = 0.5, 3
"""What a page counts beside its line, and how many of its best lines make out how much it is."""

_TELLING, _BARE = 3, 0.3
"""A line with fewer terms of its own ("yes, do it") says little, whatever it answers: down to so much."""

_WIDE = 150
"""How many lines FTS5 hands over to be weighed; more than 60 changed nothing."""

_WHERE = "FROM words WHERE words MATCH ? AND rowid >> {places} IN (SELECT id FROM pages WHERE {scope})"
_FOUND = "SELECT rowid " + _WHERE + " ORDER BY bm25(words, 1.0, {context}) LIMIT {most}"
_COUNT = "SELECT count(*) " + _WHERE
_LINES = "SELECT id, own, context FROM lines WHERE id IN ({}) ORDER BY id"


def weigh(index: Index, query: Terms, scope: Scope) -> dict[int, float]:
    """Return the ids of the lines in a scope that answer a query, with the score of each."""
    select = _FOUND.format(places=PLACES, scope=scope.where, context=_CONTEXT, most=_WIDE)
    found = [row[0] for row in index.db.execute(select, (query.match, *scope.values))]
    lines = _Lines(index, query, {line + step for line in found for step in (0, *dict(_AROUND))})
    pages: dict[int, list[float]] = {}
    for line in found:
        pages.setdefault(line >> PLACES, []).append(lines.score(line, around=False))
    strength = {page: sum(sorted(scores)[-_BEST:]) / _BEST for page, scores in pages.items()}
    return {
        line: lines.telling(line) * (score + _PAGE * strength[line >> PLACES])
        for line, score in lines.scores()
    }


def count(index: Index, query: Terms, scope: Scope) -> int:
    """Return how many lines hold a term of the query, in their own words or in their context."""
    select = _COUNT.format(places=PLACES, scope=scope.where)
    return int(index.db.execute(select, (query.match, *scope.values)).fetchone()[0])


class _Line:
    """How often the query's terms stand in a line and in its context, and how long both are, in terms."""

    __slots__ = ("context", "context_length", "distinct", "own", "own_length")

    def __init__(self, own: str, context: str, query: Terms) -> None:
        said, under = own.split(), context.split()
        different = set(said)
        self.own = [(term, said.count(term)) for term in sorted(different & query.keys())]
        self.context = [(term, under.count(term)) for term in sorted(query.keys() & under)]
        self.own_length, self.context_length, self.distinct = len(said), len(under), len(different)


class _Lines:
    """The lines at hand, by id."""

    def __init__(self, index: Index, query: Terms, ids: "Collection[int]") -> None:
        rows = index.db.execute(_LINES.format(",".join(map(str, ids))))
        self._at = {line: _Line(own, context, query) for line, own, context in rows}
        many = max(1, len(self._at))
        self._own = max(1.0, sum(line.own_length for line in self._at.values()) / many)
        self._context = max(1.0, sum(line.context_length for line in self._at.values()) / many)
        self._query = query

    def scores(self) -> "Iterator[tuple[int, float]]":
        """Yield the lines that answer the query at all, with their scores."""
        for line in self._at:
            score = self.score(line)
            if score > 0:
                yield line, score

    def telling(self, line: int) -> float:
        """Return how much of a line's score stands: less where it says next to nothing itself."""
        return _BARE + (1 - _BARE) * min(1.0, self._at[line].distinct / _TELLING)

    def score(self, line: int, *, around: bool = True) -> float:
        """Return BM25F of a line over its fields, those of its neighbours too if they are to count."""
        weights: dict[str, float] = {}
        self._add_own(weights, line, 1.0)
        self._add_context(weights, line, _CONTEXT)
        if around:
            self._add_context(weights, line + 1, _REPLY)
            for step, weight in _AROUND:
                self._add_own(weights, line + step, weight)
        return sum(self._query[term] * (_K1 + 1) * tf / (tf + _K1) for term, tf in weights.items())

    def _add_own(self, weights: dict[str, float], line: int, weight: float) -> None:
        at = self._at.get(line)
        if at is not None and at.own:
            _add(weights, at.own, weight / (1 - _B + _B * at.own_length / self._own))

    def _add_context(self, weights: dict[str, float], line: int, weight: float) -> None:
        at = self._at.get(line)
        if at is not None and at.context:
            _add(weights, at.context, weight / (1 - _B + _B * at.context_length / self._context))


def _add(weights: dict[str, float], found: list[tuple[str, int]], weight: float) -> None:
    for term, often in found:
        weights[term] = weights.get(term, 0.0) + weight * often
