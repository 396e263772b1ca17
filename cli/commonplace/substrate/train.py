"""Make the weights: `python -m commonplace.substrate.train [LABELS LOGS]`.

Learns from the invented cases in `cases.txt`, and from labelled turns of real logs where both are named.
Prints figures on cases that were left out, a whole repository at a time, and writes `weights.json`. The
shipped ones come from the invented cases and from 360 labelled turns of six open repositories' logs.
"""

import json
import random
import sys
from collections.abc import Callable, Iterable

from commonplace.substrate import cases, detection, misstep
from commonplace.substrate.cases import Case
from commonplace.substrate.features import FEATURES, features
from commonplace.substrate.pairs import Pair
from commonplace.substrate.regression import fit, predict

Model = dict[str, float | dict[str, float]]
"""What is written of a model: its weights by name, the intercept, and the threshold where it has one."""

PATH = detection.WEIGHTS

RIDGE = 3.0
"""The L2 penalty. Between 1.5 and 6 the figures stay the same within 0.01."""


def say(line: str) -> None:
    """Print a line: this is a script."""
    sys.stdout.write(line + "\n")


def main(arguments: list[str]) -> int:
    """Train, measure, write."""
    own = cases.invented()
    real = cases.labelled(*arguments) if arguments else []
    say(f"{len(own)} invented cases, {len(real)} labelled turns")
    write({"correction": _correction(own, real), "misstep": _misstep(own, real)})
    return 0


def _correction(own: list[Case], real: list[Case]) -> Model:
    """Return the weights that tell a correction, and print what they are worth."""
    scores = left_out(own, real, lambda case: case.person, seen, _lenient)
    threshold = best(own, scores)
    report("invented, a tenth left out", own, scores, threshold)
    if real:
        scores = left_out(real, own, lambda case: case.person, seen, _lenient)
        threshold = best(real, scores)
        report("labelled, a repository left out", real, scores, threshold)
        scores = left_out(real, own, lambda case: case.turn.session, seen, _lenient)
        report("labelled, a session left out", real, scores, threshold)
    weights = fit([seen(case) for case in own + real], [case.lenient for case in own + real], RIDGE)
    return {"threshold": threshold, **_named(FEATURES, weights)}


def _misstep(own: list[Case], real: list[Case]) -> Model:
    """Return the weights that tell which correction matters later, and print what they are worth."""
    told = [case for case in own + real if case.lenient]
    scores = left_out(told, [], lambda case: case.turn.session, _seen_of_pair, _keep)
    share = sum(map(_keep, told)) / len(told)
    say(f"misstep, a session left out: average precision {precise(told, scores):.2f}, by chance {share:.2f}")
    weights = fit([_seen_of_pair(case) for case in told], [_keep(case) for case in told], misstep.RIDGE)
    return _named(misstep.FEATURES, weights)


def seen(case: Case) -> list[float]:
    """Return what the detection sees of a case."""
    return features(case.turn)


def _seen_of_pair(case: Case) -> list[float]:
    return misstep.features(Pair(case.turn, 1.0))


def _lenient(case: Case) -> bool:
    return case.lenient


def _keep(case: Case) -> bool:
    return bool(case.keep)


def left_out(
    measured: list[Case],
    others: list[Case],
    group: Callable[[Case], str],
    seen: Callable[[Case], list[float]],
    truth: Callable[[Case], bool],
) -> list[float]:
    """Return the score of each measured case from weights that its whole group had no part in."""
    table = {id(case): seen(case) for case in measured + others}
    scores: dict[int, float] = {}
    for left in dict.fromkeys(map(group, measured)):
        rest = others + [case for case in measured if group(case) != left]
        weights = fit([table[id(case)] for case in rest], [truth(case) for case in rest], RIDGE)
        scores |= {id(case): predict(weights, table[id(case)]) for case in measured if group(case) == left}
    return [scores[id(case)] for case in measured]


def figures(truth: Iterable[bool], told: Iterable[bool]) -> tuple[float, float, float]:
    """Return precision, recall and their harmonic mean."""
    both = list(zip(truth, told, strict=True))
    right = sum(t and s for t, s in both)
    precision = right / max(1, sum(s for _, s in both))
    recall = right / max(1, sum(t for t, _ in both))
    return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


def best(measured: list[Case], scores: list[float]) -> float:
    """Return the threshold, in steps of 0.01, whose F1 is best when its neighbours' are counted in."""
    truth = [case.lenient for case in measured]
    by_step = [figures(truth, [s >= step / 100 for s in scores])[2] for step in range(101)]
    smooth = {step: sum(by_step[step - 5 : step + 6]) for step in range(30, 71)}
    return max(smooth, key=smooth.__getitem__) / 100


def report(name: str, measured: list[Case], scores: list[float], threshold: float = 0.5) -> None:
    """Print precision, recall and F1, and the range in which 90 % of resampled sets of sessions lie."""
    told = [score >= threshold for score in scores]
    for kind, truth in (
        ("lenient", [case.lenient for case in measured]),
        ("strict", [case.strict for case in measured]),
    ):
        spread = _resampled(measured, truth, told)
        shown = "  ".join(
            f"{label} {value:.2f} ({low:.2f} to {high:.2f})"
            for label, value, (low, high) in zip(("P", "R", "F1"), figures(truth, told), spread, strict=True)
        )
        say(f"{name}, from {threshold:.2f}, {kind:7}  {shown}")


def _resampled(measured: list[Case], truth: list[bool], told: list[bool]) -> list[tuple[float, float]]:
    """Return the 5th and 95th percentile of each figure over 400 sets of sessions drawn with replacement."""
    sessions: dict[str, list[tuple[bool, bool]]] = {}
    for case, is_true, is_told in zip(measured, truth, told, strict=True):
        sessions.setdefault(case.turn.session, []).append((is_true, is_told))
    dice = random.Random(1)  # noqa: S311 - not a secret, and the same each time
    names = list(sessions)
    drawn = []
    for _ in range(400):
        rows = [row for name in dice.choices(names, k=len(names)) for row in sessions[name]]
        drawn.append(figures((t for t, _ in rows), (s for _, s in rows)))
    columns = [sorted(column) for column in zip(*drawn, strict=True)]
    return [(column[20], column[-21]) for column in columns]


def precise(measured: list[Case], scores: list[float]) -> float:
    """Return the average precision: how pure the top of the ranking is, at each case to keep."""
    order = sorted(zip(scores, map(_keep, measured), strict=True), key=lambda one: -one[0])
    kept = [place for place, (_, keep) in enumerate(order, 1) if keep]
    return sum(number / place for number, place in enumerate(kept, 1)) / max(1, len(kept))


def _named(names: Iterable[str], weights: list[float]) -> Model:
    named = {name: round(weight, 3) for name, weight in zip(names, weights, strict=False)}
    return {"intercept": round(weights[-1], 3), "weights": named}


def write(models: dict[str, Model]) -> None:
    """Write the weights as numbers with names."""
    with open(PATH, "w", encoding="utf-8") as file:
        file.write(json.dumps(models, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
