"""Searching: the lines that answer a query, or with none the best there are, in their order."""

import time
from math import log2

from commonplace import ulid
from commonplace.recall.asking import Asked
from commonplace.recall.index import PLACES, Index
from commonplace.recall.scope import Scope
from commonplace.recall.weighing import weigh
from commonplace.substrate.decay import DAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_FRESH = 0.1
"""How much a line of this moment gains over one long past: of two that say as much, the newer one leads."""

_CORRECTION = 0.3
"""How much a turn gains that is surely a correction. Of 65 questions about session logs 0.80 were answered in
4,096 characters with 0, 0.82 with 0.15, 0.83 with 0.3 and with 0.5."""

_FACT = 0.25
"""How much a fact gains over a turn: it was worth keeping."""

_HERE = 0.2
"""How much a line of the project one stands in gains."""

_THEN = 0.5
"""How much a line gains that is of a time that the query names."""

_LASTS = 0.25
"""What is left in the end of what a line is worth when nothing is asked, beside the 1 of this moment."""

_WORTHWHILE = 0.2
"""A line that answers so much worse than the best is left out, though there were room for it."""

_DEEP = 300
"""How many lines are looked at more closely; a budget of 16,000 characters holds a third of them."""

_HITS = """
SELECT lines.id, at, weight, source, scope,
  (SELECT max(entry) FROM sources WHERE fact = substr(ref, 2)),
  (SELECT count(*) FROM sources WHERE fact = substr(ref, 2))
FROM lines JOIN pages ON pages.id = lines.id >> {places} WHERE {where}
"""


class Hit:
    """A line of the index. at: Unix time, 0 if none is on record · sources: how many entries a fact rests on,
    0 for a turn · correction: how surely a turn is one · here: whether it is of the project one stands in.
    """

    __slots__ = ("at", "correction", "here", "line", "score", "sources")

    def __init__(self, line: int, at: float, correction: float, sources: int, *, here: bool) -> None:
        self.line = line
        self.at = at
        self.correction = correction
        self.sources = sources
        self.here = here
        self.score = 1.0

    @property
    def day(self) -> str:
        """The day, by the person's local time, "" where none is on record."""
        return time.strftime("%Y-%m-%d", time.localtime(self.at)) if self.at else ""


def ranked(index: Index, query: Asked, scope: Scope, now: float, half_life: float) -> list[Hit]:
    """Return the lines that answer a query, the best first.

    With no query they are the best there are; where only a time that is named has any, all lines of that
    time. now: Unix time · half_life: after how many days what was said counts half.
    """
    hits = _answering(index, query, scope) if query.terms else []
    if hits:
        for hit in hits:
            hit.score *= _gain(hit, query, _fresh(hit, now, half_life))
        least = _WORTHWHILE * max(hit.score for hit in hits)
        hits = [hit for hit in hits if hit.score >= least]
    elif query.spans or not query.terms:
        hits = _all(index, query, scope)
        for hit in hits:
            hit.score = _worth(hit, _fresh(hit, now, half_life))
    return sorted(hits, key=lambda hit: (-round(hit.score, 6), hit.line))


def _fresh(hit: Hit, now: float, half_life: float) -> float:
    return float(2.0 ** (-max(0.0, now - hit.at) / DAY / half_life)) if hit.at else 0.0


def _answering(index: Index, query: Asked, scope: Scope) -> list[Hit]:
    scores = weigh(index, query.terms, scope)
    best = sorted(scores, key=lambda line: (-round(scores[line], 6), line))[:_DEEP]
    hits = _hits(index, f"lines.id IN ({','.join(map(str, best))})", (), scope)
    for hit in hits:
        hit.score = scores[hit.line]
    return hits


def _all(index: Index, query: Asked, scope: Scope) -> list[Hit]:
    """Return the facts and the corrections, or all lines of the time that a query names."""
    if query.spans:
        return [hit for hit in _hits(index, scope.where, scope.values, scope) if _is_of(hit, query)]
    return _hits(index, f"{scope.where} AND (source = 'memory' OR premise > '')", scope.values, scope)


def _hits(index: Index, where: str, values: "Iterable[str]", scope: Scope) -> list[Hit]:
    hits = []
    rows = index.db.execute(_HITS.format(places=PLACES, where=where), tuple(values))
    for line, at, weight, source, of, newest, many in rows:
        said = ulid.seconds(newest) if newest and ulid.is_ulid(newest) else at
        sources = (many or 1) if source == "memory" else 0
        hits.append(Hit(line, said, weight, sources, here=bool(scope.project) and of == scope.project))
    return hits


def _gain(hit: Hit, query: Asked, fresh: float) -> float:
    gain = (1 + _FRESH * fresh) * (1 + _HERE * hit.here) * (1 + _CORRECTION * hit.correction)
    return gain * (1 + _FACT * (hit.sources > 0)) * (1 + _THEN * _is_of(hit, query))


def _worth(hit: Hit, fresh: float) -> float:
    """Return what a line is worth when nothing is asked: a fact the more sources it has, a turn as it is
    surely a correction, each fading with time, and first what is of this project.
    """
    strength = 1 + log2(hit.sources) if hit.sources else hit.correction
    return strength * (_LASTS + fresh) * (2 if hit.here else 1)


def _is_of(hit: Hit, query: Asked) -> bool:
    return any(begin <= hit.at < end for begin, end in query.spans)
