"""What workers have cost so far, added up from the trailers of the drains' commits."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from commonplace import chronicle
from commonplace.place import Place
from commonplace.text import count

SPANS = (("7_days", 7 * 86400), ("30_days", 30 * 86400), ("in_all", 0))
"""The spans that are summed: (name, seconds back from now; 0: all)."""


Trailers = Mapping[str, Sequence[str]]


@dataclass
class Spent:
    """drains: that asked a worker · calls · tokens in and out, as the workers reported · cost in USD."""

    drains: int = 0
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0

    def __str__(self) -> str:
        parts = [count(self.drains, "drain"), count(self.calls, "call")]
        if self.tokens_in or self.tokens_out:
            parts.append(f"{self.tokens_in:,} tokens in, {self.tokens_out:,} out")
        if self.cost_usd:
            parts.append(f"${self.cost_usd:,.4f}")
        return ", ".join(parts)


def over_time(place: Place) -> Iterator[tuple[str, Spent]]:
    """Yield (name of a span, what was spent in it), only where something was."""
    found = chronicle.paid(place)
    for name, seconds in SPANS:
        since = time.time() - seconds if seconds else 0
        spent = Spent()
        for at, trailers in found:
            if at >= since:
                _add(spent, trailers)
        if spent.drains:
            yield name, spent


def _add(spent: Spent, trailers: Trailers) -> None:
    spent.drains += 1
    spent.calls += _number(trailers, chronicle.PAID)
    spent.tokens_in += _number(trailers, "Tokens-In")
    spent.tokens_out += _number(trailers, "Tokens-Out")
    cost = _first(trailers, "Cost-USD")
    if cost.replace(".", "", 1).isdecimal():
        spent.cost_usd += float(cost)


def _number(trailers: Trailers, key: str) -> int:
    value = _first(trailers, key)
    return int(value) if value.isdecimal() else 0


def _first(trailers: Trailers, key: str) -> str:
    return next(iter(trailers.get(key, ())), "")
