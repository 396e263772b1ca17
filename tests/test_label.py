"""Labels: a person's word on a pair, kept in a plain file apart from the caches."""

from pathlib import Path

import pytest

from commonplace.place import Place
from commonplace.substrate import labels
from tests.memory import Memory
from tests.sessions import NOW, log


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a place with nothing in it but a git folder."""
    (tmp_path / ".git").mkdir()
    return Place(str(tmp_path), str(tmp_path / ".git"))


def test_the_last_label_of_a_pair_wins_and_each_is_a_line(place: Place) -> None:
    for number, (pair, word) in enumerate([("a", "keep"), ("b", "skip"), ("a", "maybe")]):
        labels.put(place, pair, word, NOW + number)
    assert labels.load(place) == {"a": "maybe", "b": "skip"}
    assert Path(place.inside("labels")).read_text().splitlines()[0] == "2027-01-15T08:00:00Z a keep"


def test_a_line_that_a_kill_cut_short_costs_no_other(place: Place) -> None:
    labels.put(place, "a", "keep", NOW)
    with open(place.inside("labels"), "a") as file:
        file.write("2027-01-15T08:00:00Z b ke")
    labels.put(place, "c", "skip", NOW)
    assert labels.load(place) == {"a": "keep", "c": "skip"}


def test_labels_are_for_their_owner_alone(place: Place) -> None:
    labels.put(place, "a", "keep", NOW)
    assert Path(place.inside("labels")).stat().st_mode & 0o777 == 0o600


def test_a_label_ranks_its_pair_and_outlives_the_cache(memory: Memory, tmp_path: Path) -> None:
    exchanges = [("Done.", "no, that's the wrong file"), ("Done.", "it still fails"), ("Done.", "commit")]
    log(tmp_path / "home", "one", *exchanges)
    newest, oldest = memory.json("mine")["pairs"]
    said = memory.out("label", newest["id"], "skip")
    assert said == f"skip  {newest['id']}  it still fails\n"
    assert memory.json("label", oldest["id"], "keep") == {"pair": oldest["id"], "label": "keep"}
    (memory.root / ".git/commonplace/substrate.sqlite").unlink()
    found = memory.json("mine", "--signals")["pairs"]
    assert [(one["id"], one["label"]) for one in found] == [(oldest["id"], "keep"), (newest["id"], "skip")]


def test_a_label_needs_a_pair_and_one_of_the_words(memory: Memory, tmp_path: Path) -> None:
    log(tmp_path / "home", "one", ("Done.", "no, that's the wrong file"))
    (pair,) = memory.json("mine")["pairs"]
    assert "'nonesuch' is no pair" in memory.run("label", "nonesuch", "keep", code=2).stderr
    assert "'good' is no label" in memory.run("label", pair["id"], "good", code=2).stderr
    assert not (memory.root / ".git/commonplace/labels").exists()
