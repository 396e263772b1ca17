"""Misstep prediction: how surely a correction tells of a misstep that would happen again in a later session.

A logistic regression over a few features of the pair. Its weights are trained on the person's own labels
(keep against skip) when there are enough, drawn towards the shipped ones; else the shipped ones count.
"""

import json
import re
from collections.abc import Mapping

from commonplace.substrate import detection, own_words
from commonplace.substrate.features import evidence
from commonplace.substrate.pairs import Pair
from commonplace.substrate.regression import fit, predict

ENOUGH = 20
"""From so many labels on, at least `EACH` of either kind, a person's own count."""
EACH = 5

RIDGE = 4.0

FEATURES = {
    "rule": "it says what always holds: always, never, we use, must, by convention",
    "restates": "it says how something of the premise ought to be",
    "negates_premise": "it negates something of the premise",
    "contrasts": "it gives one thing for another: instead, rather, not X but Y",
    "overlap": "share of its terms that stand in the premise",
    "agrees_but": "it agrees and then turns: a detail to keep",
    "fails": "it tells of a failure, which is mended once",
    "doubts": "it is a question that doubts",
    "asks": "it is nothing but questions",
    "defects": "it finds fault with code at length",
    "pasted": "it comes with a pasted log",
    "names": "how many identifiers, paths, flags and numbers it names, 1 at four",
    "short": "three words or fewer",
    "length": "the logarithm of the number of words, 1 at 150",
}
"""Feature → what it says."""

RULE = re.compile(
    r"\b(?:always|never|must(?:n't)?|we're|we (?:use|don't|do not|only|have|are|need|always|never)|our|"
    r"policy|convention|everywhere|every time|from now on|in this (?:repo|project|codebase)|any ?more|no one|"
    r"nobody|prefer|rule|style ?guide|should(?:n't)? (?:always|never|only)|ha(?:s|ve) to be|don't ever)\b",
    re.IGNORECASE,
)
"""What makes a rule of a correction."""

NAME = re.compile(r"`[^`]+`|\w+_\w+|[a-z]+[A-Z]\w*|\w+\(\)|(?:^|\s)--?[a-z][\w-]+|\w+/\w+|\w+\.\w{1,4}\b|\d+")
"""A name or a number: code, an identifier, a flag, a path, a file."""


def features(pair: Pair) -> list[float]:
    """Return the values of FEATURES for a pair, in their order."""
    found = evidence(pair.turn)
    pasted = own_words.parted(pair.turn.text)[1]
    own_features = {
        "rule": float(RULE.search(pair.correction) is not None),
        "pasted": float(bool(pasted)),
        "names": min(1.0, len(NAME.findall(pair.correction)) / 4),
    }
    return [own_features[name] if name in own_features else float(found.get(name, 0.0)) for name in FEATURES]


class Misstep:
    """The prediction, with the weights that count for this person."""

    def __init__(self, labels: Mapping[str, str], pairs: list[Pair]) -> None:
        """`labels`: pair id → keep, maybe or skip; `pairs`: those known, labelled or not."""
        self._weights = shipped()
        said = [
            (pair, labels[pair.id] == "keep") for pair in pairs if labels.get(pair.id) in ("keep", "skip")
        ]
        kept = sum(keep for _, keep in said)
        self.own = len(said) >= ENOUGH and EACH <= kept <= len(said) - EACH
        if self.own:
            rows = [features(pair) for pair, _ in said]
            self._weights = fit(rows, [keep for _, keep in said], RIDGE, prior=self._weights)

    def predict(self, pair: Pair) -> float:
        """Return how surely the pair matters in a later session, in 0..1."""
        return predict(self._weights, features(pair))


def shipped() -> list[float]:
    """Return the shipped weights, the intercept last."""
    with open(detection.WEIGHTS, encoding="utf-8") as file:
        said = json.load(file)["misstep"]
    return [*(float(said["weights"].get(name, 0.0)) for name in FEATURES), float(said["intercept"])]
