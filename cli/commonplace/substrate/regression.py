"""Logistic regression in plain Python: a few features, some hundred cases, no library."""

import math

ROUNDS = 25


def logistic(z: float) -> float:
    """Return 1/(1+e^-z), in 0..1, without an overflow."""
    if z < -30.0:
        return 0.0
    return 1.0 if z > 30.0 else 1.0 / (1.0 + math.exp(-z))


def predict(weights: list[float], row: list[float]) -> float:
    """Return the probability for one row; the last weight is the intercept."""
    return logistic(weights[-1] + sum(w * x for w, x in zip(weights[:-1], row, strict=True) if x))


def fit(
    rows: list[list[float]], truth: list[bool], ridge: float, prior: list[float] | None = None
) -> list[float]:
    """Return the weights, intercept last, that make the truth likeliest, by Newton's method.

    `ridge` is the L2 penalty on the distance of each weight from its prior (0 where none is given); the
    intercept is free.
    """
    size = len(rows[0]) + 1
    base = prior or [0.0] * size
    weights = list(base)
    sparse = [[*((i, x) for i, x in enumerate(row) if x), (size - 1, 1.0)] for row in rows]
    for _ in range(ROUNDS):
        gradient = [ridge * (w - b) for w, b in zip(weights, base, strict=True)]
        gradient[-1] = 0.0
        curve = [[0.0] * size for _ in range(size)]
        for row, is_true in zip(sparse, truth, strict=True):
            p = logistic(sum(weights[i] * x for i, x in row))
            slope = p * (1.0 - p) + 1e-9
            for i, x in row:
                gradient[i] += (p - is_true) * x
                line, scaled = curve[i], slope * x
                for j, y in row:
                    line[j] += scaled * y
        for i in range(size - 1):
            curve[i][i] += ridge
        curve[-1][-1] += 1e-6
        step = _solve(curve, gradient)
        weights = [w - s for w, s in zip(weights, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    return weights


def _solve(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Return x of matrix·x = right, by elimination with pivots."""
    size = len(right)
    rows = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda k: abs(rows[k][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        head = rows[i]
        for k in range(i + 1, size):
            factor = rows[k][i] / head[i]
            if factor:
                rows[k] = [a - factor * b for a, b in zip(rows[k], head, strict=True)]
    out = [0.0] * size
    for i in reversed(range(size)):
        out[i] = (rows[i][-1] - sum(rows[i][k] * out[k] for k in range(i + 1, size))) / rows[i][i]
    return out
