"""Signals: what speaks for showing a pair first, by the pair's own text, position and time.

Every signal lies in 0..1, higher is earlier. Their mixture is the mean by the weights of `signals.*` in the
settings, and is multiplied with the decay, which is no signal (see `decay`). A weight of 0 switches one off.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping

from commonplace.substrate import decay, own_words
from commonplace.substrate.features import evidence
from commonplace.substrate.misstep import NAME, RULE, Misstep
from commonplace.substrate.pairs import Pair

TYPE_CHECKING = False
if TYPE_CHECKING:
    from commonplace.settings import Settings

SIGNALS = {
    "recency": "share of the project's pairs that are not newer",
    "density": "how much of it is specific: names, numbers, rules, content words",
    "coverage": "how much of the premise it covers, and how grave that is",
    "topic": "how late it falls among the corrections of its topic in the session",
    "neighbours": "how alike the likeliest correction of another session is",
    "misstep": "how surely it would matter again (logistic regression)",
    "label": "what a person said of it",
}
"""Signal → what it says. Their weights are `signals.NAME` in the settings."""

TIERS = {"critical": 1.0, "high": 0.75, "medium": 0.5, "low": 0.25}
"""Span coverage tier → its value."""

LABELS = {"keep": 1.0, "maybe": 0.5, "skip": 0.0}
"""A person's label → its value; 0.5 without one."""

TOPIC_GAP = 6
"""So many turns apart, two corrections of a session are about two topics even if they share a word."""

MANY = 200
"""A term that more pairs have tells nothing of their likeness."""

_CONSTRAINT = re.compile(
    r"\b(?:not|no|never|only|instead|must|always|without|except|unless|than)\b|n't\b", re.IGNORECASE
)
_ADDRESS = re.compile(r"https?://\S+")
_GRAVE = re.compile(
    r"\b(?:delet\w*|drop(?:ped|s)?|los[te]\w*|overw\w+|corrupt\w*|prod(?:uction)?|deploy\w*|publish\w*|"
    r"release[ds]?|force.?push\w*|push\w* to main|secrets?|tokens?|passwords?|credentials?|security|leak\w*|"
    r"customers?|money|billing|payments?|legal|privacy|irreversible|migrations?)\b",
    re.IGNORECASE,
)


class Row:
    """A pair with its signals: name → value 0..1.

    tier: the coverage in a word · weight: the decay · rank: what rows are sorted by, mixture times decay.
    """

    __slots__ = ("pair", "rank", "signals", "tier", "weight")

    def __init__(self, pair: Pair, signals: dict[str, float], tier: str, weight: float, rank: float) -> None:
        self.pair = pair
        self.signals = signals
        self.tier = tier
        self.weight = weight
        self.rank = rank


def table(
    pairs: list[Pair],
    now: float,
    settings: "Settings",
    labels: Mapping[str, str] | None = None,
    *,
    every: bool = False,
) -> list[Row]:
    """Return the pairs with their signals, the highest rank first.

    now: seconds since 1970 · labels: pair id → keep, maybe or skip · every: compute those too whose weight
    in the settings is 0.
    """
    weights = {name: settings.number(f"signals.{name}") for name in SIGNALS}
    wanted = [name for name in SIGNALS if every or weights[name]]
    tiers = [coverage(pair) for pair in pairs] if "coverage" in wanted else [""] * len(pairs)
    columns = {name: _column(name, pairs, tiers, labels or {}) for name in wanted}
    half_life, total = settings.number("mine.half_life_days"), sum(weights.values())
    rows = []
    for index, pair in enumerate(pairs):
        values = {name: column[index] for name, column in columns.items()}
        mixture = sum(weights[name] * value for name, value in values.items()) / total if total else 1.0
        decayed = decay.weight(pair.turn.at, now, half_life)
        rows.append(Row(pair, values, tiers[index], decayed, mixture * decayed))
    return sorted(rows, key=lambda row: (-row.rank, row.pair.id))


def _column(name: str, pairs: list[Pair], tiers: list[str], labels: Mapping[str, str]) -> list[float]:
    """Return one signal of all pairs."""
    makers: dict[str, Callable[[], list[float]]] = {
        "recency": lambda: recency(pairs),
        "density": lambda: list(map(density, pairs)),
        "coverage": lambda: [TIERS[tier] for tier in tiers],
        "topic": lambda: topic_position(pairs),
        "neighbours": lambda: neighbourhood(pairs),
        "misstep": lambda: list(map(Misstep(labels, pairs).predict, pairs)),
        "label": lambda: [LABELS.get(labels.get(pair.id, ""), 0.5) for pair in pairs],
    }
    return makers[name]()


def recency(pairs: list[Pair]) -> list[float]:
    """Return for each pair the share of its project's pairs that are not newer: 1 for the newest.

    Source: the records' own times. It is an order, and so independent of the decay, which is an age.
    """
    times: dict[str, list[str]] = defaultdict(list)
    for pair in pairs:
        times[pair.turn.project].append(pair.turn.at)
    places = {
        project: {at: place for place, at in enumerate(sorted(all_of), 1)}
        for project, all_of in times.items()
    }
    return [places[pair.turn.project][pair.turn.at] / len(times[pair.turn.project]) for pair in pairs]


def density(pair: Pair) -> float:
    """Return how much of the correction is specific, 0..1.

    Source: the person's own words. The share of words that name something, count something, forbid or
    allow something or carry content, damped where they are few: "fix lint" is dense, but says little.
    """
    said = _ADDRESS.sub("address", pair.correction)
    words = said.split()
    if not words:
        return 0.0
    specific = len(NAME.findall(said)) + len(RULE.findall(said)) + len(_CONSTRAINT.findall(said))
    found = len(own_words.terms(said, "routine")) + specific
    return min(1.0, found / len(words)) * float(1.0 - 2.0 ** (-found / 4))


def coverage(pair: Pair) -> str:
    """Return the span coverage tier: how much of the premise the correction covers, and how grave that is.

    critical: it rejects, and what it is about can't be undone, leaves the house or is a secret · high: it
    rejects, or names a third of the premise's terms · medium: it names a tenth of them, or tells of a
    failure · low: anything else. Source: the trimmed premise and the person's own words.
    """
    found = evidence(pair.turn)
    rejects = any(found.get(name) for name in ("denies", "clarifies", "restates", "negates_premise"))
    about = own_words.terms(pair.premise)
    share = len(about & own_words.terms(pair.correction)) / len(about) if about else 0.0
    if rejects and (_GRAVE.search(pair.correction) or _GRAVE.search(pair.premise)):
        return "critical"
    if rejects or share >= 1 / 3:
        return "high"
    return "medium" if share >= 1 / 10 or found.get("fails") else "low"


def topic_position(pairs: list[Pair]) -> list[float]:
    """Return for each pair its place among the corrections of its topic in the session, 1 for the last.

    The last one is what was settled; those before it led there. Source: the turns' positions and the words
    that neighbouring corrections share. A topic ends where a correction shares no term with the one before,
    or comes `TOPIC_GAP` turns later.
    """
    values = [1.0] * len(pairs)
    for indexes in _by_log(pairs).values():
        for topic in _topics(pairs, indexes):
            for place, index in enumerate(topic, 1):
                values[index] = place / len(topic)
    return values


def _by_log(pairs: list[Pair]) -> dict[tuple[str, str], list[int]]:
    """Return the indexes of the pairs of each session, in the order in which they were typed."""
    logs: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, pair in enumerate(pairs):
        logs[pair.turn.session, pair.turn.agent].append(index)
    for indexes in logs.values():
        indexes.sort(key=lambda index: pairs[index].turn.position)
    return logs


def _topics(pairs: list[Pair], indexes: list[int]) -> list[list[int]]:
    topics: list[list[int]] = []
    before: set[str] = set()
    for index in indexes:
        terms = own_words.terms(f"{pairs[index].correction} {pairs[index].premise}")
        gap = pairs[index].turn.position - pairs[topics[-1][-1]].turn.position if topics else 0
        if topics and terms & before and gap < TOPIC_GAP:
            topics[-1].append(index)
        else:
            topics.append([index])
        before = terms
    return topics


def neighbourhood(pairs: list[Pair]) -> list[float]:
    """Return for each pair how alike the likeliest correction of another session is, 0..1.

    What a person has to say in several sessions is worth more. Source: the corrections' words; the cosine of
    their terms, each weighed by how rare it is among the pairs. No model.
    """
    terms = [sorted(own_words.terms(pair.correction)) for pair in pairs]  # sums must not differ by the run
    having: dict[str, list[int]] = defaultdict(list)
    for index, found in enumerate(terms):
        for term in found:
            having[term].append(index)
    rare = {term: math.log(1 + len(pairs) / len(who)) for term, who in having.items()}
    lengths = [math.sqrt(sum(rare[term] ** 2 for term in found)) for found in terms]
    values = []
    for index, found in enumerate(terms):
        near: dict[int, float] = defaultdict(float)
        for term in found:
            if len(having[term]) <= MANY:
                for other in having[term]:
                    near[other] += rare[term] ** 2
        home = pairs[index].turn.session
        values.append(
            max(
                (
                    both / (lengths[index] * lengths[other])
                    for other, both in near.items()
                    if pairs[other].turn.session != home
                ),
                default=0.0,
            )
        )
    return [min(1.0, value) for value in values]
