"""Pairs: the part of the assistant's text that a correction is about, and the person's own words."""

import os
import subprocess
import sys

from commonplace.substrate import pairs
from commonplace.substrate.pairs import Pair, short, trimmed
from tests.memory import CODE
from tests.sessions import turn

SUMMARY = """All done. Here's what changed:

## Summary
- **`config.py`**: the port is now read from the environment
- **`server.py`**: added a health check at `/health`, without a login
- **`README.md`**: described both

All 48 tests pass.
"""


def test_the_premise_is_trimmed_to_the_bullet_that_the_correction_is_about() -> None:
    said = trimmed(SUMMARY, "the health check must not be open to everyone")
    assert said == "`server.py`: added a health check at `/health`, without a login"


def test_a_rare_term_counts_more_than_one_that_is_everywhere() -> None:
    premise = "The server cache is warm. The server cache is big. Limits apply everywhere."
    assert trimmed(premise, "there are no limits in the server cache") == "Limits apply everywhere."


def test_without_a_shared_term_it_is_the_last_claim() -> None:
    assert trimmed(SUMMARY, "nope") == "All 48 tests pass."


def test_a_heading_is_shown_with_what_follows_it() -> None:
    premise = "Some words first.\nThe upload limit:\nfiles of more than 5 MB are turned away now"
    assert trimmed(premise, "no upload limit please") == (
        "The upload limit: files of more than 5 MB are turned away now"
    )


def test_premise_and_correction_are_short_and_on_one_line() -> None:
    pair = Pair(turn("no\n\n" + "wrong " * 500, "word " * 2000), 0.9)
    assert len(pair.premise) <= pairs.PREMISE
    assert len(pair.correction) <= pairs.CORRECTION
    assert "\n" not in pair.premise + pair.correction
    assert pair.correction.startswith("no wrong")
    assert pair.id == pair.turn.id


def test_the_short_form_has_neither_code_nor_logs() -> None:
    code, quote, line = "```\nassert total == 3\n```", "> you said it works", "12:00:01 ERROR no such row"
    text = f"this is still wrong:\n{code}\n{quote}\n{line}\nfix it"
    assert short(text) == "this is still wrong: fix it"


def test_of_a_turn_that_is_all_pasted_the_first_alarm_stands_for_it() -> None:
    text = "$ make test\n12:00:01 INFO starting\n12:00:02 ERROR no such table: users\n12:00:03 INFO bye"
    assert short(text) == "12:00:02 ERROR no such table: users"


def test_what_could_move_a_cursor_is_spelled_out() -> None:
    pair = Pair(turn("no, \x1b[2Jnot that", "I did \u202ethis"), 0.9)
    assert pair.correction == "no, \\x1b[2Jnot that"
    assert pair.premise == "I did \\u202ethis"


def test_who_stops_the_assistant_and_types_again_answers_what_stood_there_before() -> None:
    said = [
        turn("no, use the other port", "The port is 8080.", name="first", position=1),
        turn("no, use port 9000, in both files", "", name="again", position=2),
        turn("no, not like that", "", name="elsewhere", session="two", position=0),
    ]
    found = pairs.of(said)
    assert [pair.id for pair in found] == ["first", "again"]
    assert found[1].premise == "The port is 8080."
    assert said[1].premise == ""


def test_pairs_are_the_corrections_among_turns_in_their_order() -> None:
    said = [turn("commit"), turn("no, that's the wrong file", name="b"), turn("it still fails", name="c")]
    found = pairs.of(said)
    assert [pair.id for pair in found] == ["b", "c"]
    assert all(0.5 < pair.score <= 1 for pair in found)


def test_of_two_sentences_that_share_as_much_it_is_the_later_one_in_every_run() -> None:
    groups = ("anchor", "basket", "candle", "dragon"), ("engine", "falcon", "garden", "hammer")
    spans = [" ".join(group) for group in groups]
    for group in groups:  # each term a third, a fourth, … as rare: their sums differ by the order of adding
        spans += [name for name, times in zip(group, (2, 3, 5, 8), strict=True) for _ in range(times)]
    premise, correction = "\n".join(f"- {span}." for span in spans), "No: " + " ".join(spans[:2])
    code = f"from commonplace.substrate.pairs import trimmed; print(trimmed({premise!r}, {correction!r}))"
    for seed in ("1", "2", "3", "4", "5", "6"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(CODE)}
        done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=True)
        assert done.stdout.decode() == "engine falcon garden hammer. anchor.\n", seed
