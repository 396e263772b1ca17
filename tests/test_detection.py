"""Whether a turn is a correction: by what it says, where it says it, and what it answers."""

import json
from pathlib import Path

import pytest

from commonplace.substrate import cases, cues, detection, misstep, train
from commonplace.substrate.features import FEATURES, evidence
from commonplace.substrate.turns import Turn
from tests.sessions import log, turn

CORRECTIONS = [
    ("I've added a `total` column to the export.", "no, the column has to be called `sum`"),
    ("The importer is fixed.", "it still drops the last row"),
    (
        "I've rewritten the page in React.",
        "I meant the settings page, not the start page. Put it back please",
    ),
    ("All tests pass.", "did you run them at all? CI is red"),
    ("The worker retries five times now.", "but why five? that means we wait for a minute"),
    ("The list is sorted by date.", "It should be sorted by name, like the other lists"),
    ("I've moved the key into the config.", "are you sure that's safe?"),
    ("The script is ready.", "Traceback (most recent call last):\n  File \"x.py\", line 3\nKeyError: 'id'"),
]

OTHERS = [
    ("The importer is fixed.", "commit and push"),
    ("The importer is fixed.", "great, thank you!"),
    ("Shall I delete the branch?", "yes please"),
    ("I could not find the file.", "no problem, go on"),
    ("The export is finished.", "now write a test for the importer"),
    ("The export is finished.", "what does the third column mean?"),
    ("The export is finished.", "can you add a column with the date"),
    ("I've read the logs.", "which errors did you find?"),
    ("The page is done.", "don't forget to update the changelog"),
]


@pytest.mark.parametrize(("premise", "text"), CORRECTIONS)
def test_a_correction_is_a_pair(premise: str, text: str) -> None:
    assert detection.is_pair(turn(text, premise)), detection.score(turn(text, premise))


@pytest.mark.parametrize(("premise", "text"), OTHERS)
def test_a_next_task_an_approval_an_answer_and_a_plain_question_are_none(premise: str, text: str) -> None:
    assert not detection.is_pair(turn(text, premise)), detection.score(turn(text, premise))


def test_a_first_turn_corrects_nothing() -> None:
    assert detection.score(turn("no, that's wrong", premise="")) == 0.0
    assert detection.score(turn("no, that's wrong", premise=" \n")) == 0.0


def test_a_word_counts_by_where_it_stands() -> None:
    first = evidence(turn("no, take the other one"))
    later = evidence(turn("take the other one, there is no hurry"))
    harmless = evidence(turn("no worries, take the other one"))
    assert first["denies"]
    assert not later["denies"]
    assert not harmless["denies"]


def test_what_holds_only_under_a_condition_is_no_failure_report() -> None:
    assert evidence(turn("the upload doesn't work")).get("fails")
    assert not evidence(turn("if the upload doesn't work, the user gets a mail")).get("fails")


def test_a_failure_weighs_more_where_success_was_claimed() -> None:
    text = "the upload fails with files over 1 GB"
    claimed = detection.score(turn(text, "Fixed: the upload now works."))
    asked = detection.score(turn(text, "Which step do you mean?"))
    assert claimed > asked


def test_code_logs_and_quotes_are_not_the_persons_words() -> None:
    for pasted in (
        "```\nraise Error('no, that is wrong')\n```",
        "> no, that is wrong, revert it",
        "12:00:01 no, that is wrong: revert it",
    ):
        found = evidence(turn(f"please add this to the page\n{pasted}"))
        assert not any(found.get(name) for name in ("denies", "fails", "takes_back", "negates_premise")), (
            pasted
        )


def test_an_order_that_negates_the_premises_own_terms_stands_out_from_one_that_does_not() -> None:
    said = "I've added a retry loop to the uploader."
    assert evidence(turn("without the retry loop please", said)).get("negates_premise")
    assert not evidence(turn("without frills please", said)).get("negates_premise")


def test_markers_of_another_language_come_from_the_settings() -> None:
    markers = detection.marked(" Nein, stattdessen ,, 不对")
    assert markers == ("nein", "stattdessen", "不对")
    for text in ("nein, in die Fußzeile", "nimm stattdessen pnpm", "不对应该用中文"):
        assert not detection.is_pair(turn(text))
        assert detection.is_pair(turn(text), markers)
    assert detection.score(turn("das ist fein"), ("ein",)) == detection.score(turn("das ist fein"))


@pytest.mark.parametrize("text", ["", "\0\x1b[2J", "?", "😀" * 50, "no " * 50_000, "\n" * 9000, "`" * 999])
def test_every_feature_lies_between_0_and_1_whatever_was_typed(text: str) -> None:
    found = evidence(turn(text, text or "Done."), ("nein",))
    assert set(found) <= set(FEATURES)
    assert all(0.0 <= value <= 1.0 for value in found.values()), found
    assert 0.0 <= detection.score(turn(text)) <= 1.0


def test_every_feature_has_a_case_that_shows_it() -> None:
    shown = {name for case in cases.invented() for name, value in evidence(case.turn).items() if value}
    assert shown == set(FEATURES)


def test_the_shipped_weights_are_numbers_with_the_features_names() -> None:
    said = json.loads(Path(detection.WEIGHTS).read_text())
    assert list(said["correction"]["weights"]) == list(FEATURES)
    assert list(said["misstep"]["weights"]) == list(misstep.FEATURES)
    assert 0.3 <= said["correction"]["threshold"] <= 0.7


def test_a_cue_stands_once_in_its_kind() -> None:
    for kind, phrases in cues.phrases().items():
        assert len(phrases) == len(set(phrases)), kind
        assert all(phrase == phrase.strip().lower() and phrase for phrase in phrases), kind


def test_training_on_the_invented_cases_alone_tells_corrections_from_the_rest(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(train, "PATH", str(tmp_path / "weights.json"))
    assert train.main([]) == 0
    said = json.loads((tmp_path / "weights.json").read_text())
    weights = said["correction"]["weights"]
    for name in ("denies", "fails", "states", "doubts", "clarifies", "negates_premise"):
        assert weights[name] > 0, name
    for name in ("agrees", "orders", "asks", "premise_asks"):
        assert weights[name] < 0, name
    assert said["misstep"]["weights"]["rule"] > 0
    own = cases.invented()
    scores = train.left_out(own, [], lambda case: case.person, train.seen, lambda case: case.lenient)
    precision, recall, _ = train.figures([case.lenient for case in own], [score >= 0.5 for score in scores])
    assert precision > 0.7
    assert recall > 0.7
    assert "a tenth left out" in capsys.readouterr().out


def test_labelled_turns_are_found_in_logs_by_session_and_record_each_once(tmp_path: Path) -> None:
    log(tmp_path, "one", ("Done.", "no, the other one"), ("Done.", "commit"))
    log(tmp_path, "two", ("Done.", "no, the other one"))  # resumed: the same record under another name
    said = {"strict": True, "lenient": True, "durable": False, "repo": "acme"}
    names = [("one", 0), ("one", 7), ("two", 0)]
    records = [{"session": name, "uuid": f"{name}-user-{number}", **said} for name, number in names]
    labels = tmp_path / "labels.jsonl"
    labels.write_text("".join(json.dumps(record) + "\n" for record in records))
    (found,) = cases.labelled(str(labels), str(tmp_path))
    assert (found.turn.text, found.turn.premise, found.lenient, found.keep) == (
        "no, the other one", "Done.", True, False,
    )  # fmt: skip


def test_a_case_that_is_none_of_the_format_is_named(tmp_path: Path) -> None:
    path = tmp_path / "cases.txt"
    path.write_text("# a comment\n\npush\nA: Done.\nP: no\n\nperhaps\nA: Done.\nP: no\n")
    with pytest.raises(ValueError, match="'perhaps' is no label"):
        cases.invented(str(path))
    path.write_text("push\nA: Done.\nno\n")
    with pytest.raises(ValueError, match="'no' begins with neither"):
        cases.invented(str(path))


def test_every_invented_case_has_both_sides() -> None:
    found = cases.invented()
    assert len(found) > 200
    assert all(case.turn.text and case.turn.premise for case in found)
    assert isinstance(found[0].turn, Turn)
