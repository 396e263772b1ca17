"""Decay: 2^(-age / half-life), by the record's own time."""

import os
from pathlib import Path

import pytest

from commonplace.substrate import decay
from tests.memory import Memory
from tests.sessions import DAY, log

AT = "2027-01-01T00:00:00Z"
THEN = decay.seconds(AT) or 0.0


@pytest.mark.parametrize(("days", "weight"), [(0, 1.0), (1, 0.906), (7, 0.5), (14, 0.25), (30, 0.051)])
def test_a_pair_weighs_half_after_each_half_life(days: int, weight: float) -> None:
    assert decay.weight(AT, THEN + days * DAY) == pytest.approx(weight, abs=0.001)


def test_the_half_life_is_a_parameter_in_days() -> None:
    assert decay.weight(AT, THEN + 30 * DAY, 30) == 0.5


def test_what_comes_from_the_future_is_new_and_what_has_no_time_weighs_nothing() -> None:
    assert decay.weight(AT, THEN - 400 * DAY) == 1.0
    assert decay.weight("", THEN) == 0.0
    assert decay.weight("yesterday", THEN) == 0.0


def test_a_time_counts_in_its_own_zone_and_without_one_in_utc() -> None:
    assert decay.seconds("2027-01-01T02:00:00+02:00") == decay.seconds("2027-01-01T00:00:00") == THEN


def test_the_explanation_has_the_formula_and_its_numbers() -> None:
    assert decay.explained(AT, THEN + 3.5 * DAY) == "2^(-3.50 d / 7 d) = 0.707"
    assert decay.explained(AT, THEN + 280 * DAY) == "2^(-280.00 d / 7 d) = 9e-13"
    assert decay.explained("", THEN) == "no time on record: 0"


def test_decay_explains_each_pair_and_copying_its_log_does_not_make_it_young(
    memory: Memory, tmp_path: Path
) -> None:
    path = log(tmp_path / "home", "one", ("Done.", "no, that's the wrong file"), at="2021-06-01T00:00")
    os.utime(path)  # the file is of today, what was said in it is not
    memory.config("[mine]\nhalf_life_days = 365\n")
    (pair,) = memory.json("decay")
    assert pair["age_days"] > 5 * 365
    assert pair["weight"] == pytest.approx(2 ** (-pair["age_days"] / 365))
    said = memory.out("decay", "--explain", pair["pair"])
    assert f"2^(-{pair['age_days']:.2f} d / 365 d) = {pair['weight']:.3f}" in said
    assert "the wrong file" in said
    assert memory.run("decay", "nonesuch", code=2).stderr.startswith("commonplace: 'nonesuch' is no pair")
