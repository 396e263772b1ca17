"""Whether a turn corrects what the assistant said, assumed or did: a score, not a word list.

A logistic regression over `features`. The weights lie in `weights.json`, numbers with names, made by
`python -m commonplace.substrate.train`.
"""

import os

from commonplace.substrate.features import evidence
from commonplace.substrate.regression import logistic
from commonplace.substrate.turns import Turn

WEIGHTS = os.path.join(os.path.dirname(__file__), "weights.json")

_loaded: list["Model"] = []


class Model:
    """Weights by feature, the intercept, and the threshold from which a score makes a pair."""

    def __init__(self, weights: dict[str, float], intercept: float, threshold: float) -> None:
        self.weights = weights
        self.intercept = intercept
        self.threshold = threshold


def model() -> Model:
    """Return the shipped model, read once."""
    if not _loaded:
        import json

        with open(WEIGHTS, encoding="utf-8") as file:
            _loaded.append(Model(**json.load(file)["correction"]))
    return _loaded[0]


def score(turn: Turn, markers: tuple[str, ...] = ()) -> float:
    """Return how surely the turn is a correction, in 0..1; 0 where there is no premise to correct.

    markers: words of other languages that deny or contrast (see `marked`).
    """
    if not turn.premise or turn.premise.isspace():
        return 0.0
    known = model()
    found = evidence(turn, markers)
    return logistic(known.intercept + sum(known.weights[name] * value for name, value in found.items()))


def is_pair(turn: Turn, markers: tuple[str, ...] = ()) -> bool:
    """Tell whether the turn's score reaches the threshold."""
    return score(turn, markers) >= model().threshold


def marked(setting: str) -> tuple[str, ...]:
    """Return the markers in a setting: `nein, falsch, stattdessen`."""
    return tuple(word for part in setting.split(",") if (word := " ".join(part.split()).lower()))
