"""The audit log of retrievals: one line each, private, bounded, whole with several writers."""

import json
import multiprocessing
from pathlib import Path

import pytest

from commonplace import retrievals
from commonplace.lock import Lock
from commonplace.place import Place
from tests.memory import Memory


def place(memory: Memory) -> Place:
    return Place(str(memory.root), str(memory.root / ".git"))


def log(memory: Memory, name: str = "retrievals") -> Path:
    return memory.root / ".git" / "commonplace" / name


def note(memory: Memory, query: str, ids: tuple[str, ...] = ()) -> bool:
    return retrievals.note(
        place(memory), client="codex", session="s1", query=query, budget=4096, chars=120, ids=ids
    )


def test_a_retrieval_is_one_private_line_of_json(memory: Memory) -> None:
    assert note(memory, "deploy\non \x1b[31mfridays", ("^2m7r4xbeyz", "turn-7"))
    (line,) = log(memory).read_text().splitlines()
    said = json.loads(line)
    assert list(said) == list(retrievals.FIELDS)
    assert said["query"] == "deploy on \\x1b[31mfridays"
    assert said["ids"] == ["^2m7r4xbeyz", "turn-7"]
    assert log(memory).stat().st_mode & 0o777 == 0o600
    assert retrievals.facts(place(memory)) == {"2m7r4xbeyz"}


def test_the_log_is_shown_newest_first(memory: Memory) -> None:
    assert memory.out("log", "--retrievals") == "nothing was retrieved yet\n"
    assert memory.json("log", "--retrievals") == []
    for number in range(5):
        note(memory, f"query {number}", ("^2m7r4xbeyz",))
    assert [one["query"] for one in memory.json("log", "--retrievals", "-n", "2")] == ["query 4", "query 3"]
    shown = memory.out("log", "--retrievals").splitlines()
    assert len(shown) == 5
    assert shown[0].endswith("  codex s1  'query 4'  1 lines, 120 of 4,096 characters")


def test_a_full_log_is_put_aside_and_one_older_is_kept(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrievals, "MOST", 2000)
    for number in range(60):
        note(memory, f"query {number:02}")
    assert log(memory).stat().st_size <= 2000
    assert log(memory, "retrievals.1").stat().st_size <= 2200
    kept = [one.query for one in retrievals.read(place(memory))]
    assert kept == [f"query {number:02}" for number in range(60 - len(kept), 60)]
    assert len(kept) > 10


def test_of_two_that_find_the_log_full_one_puts_it_aside(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrievals, "MOST", 100)
    with Lock(place(memory), "another", name="retrievals.lock"):
        note(memory, "one")
        assert note(memory, "two")
    assert not log(memory, "retrievals.1").exists()  # another was at it
    note(memory, "three")
    assert len(log(memory, "retrievals.1").read_text().splitlines()) == 3
    log(memory).write_text("new\n")
    retrievals._put_aside(place(memory), str(log(memory)))  # it was full when this one looked
    assert len(log(memory, "retrievals.1").read_text().splitlines()) == 3


def test_a_line_that_is_none_is_passed_over(memory: Memory) -> None:
    note(memory, "one")
    with log(memory).open("a") as file:
        file.write('{"at": 1}\n[]\nnull\n{\n')
    note(memory, "two")
    assert [one.query for one in retrievals.read(place(memory))] == ["one", "two"]


def test_a_long_query_is_cut(memory: Memory) -> None:
    note(memory, "x" * 100_000)
    assert len(log(memory).read_text()) < 1000


def test_where_nothing_can_be_written_it_is_told_and_nothing_breaks(memory: Memory) -> None:
    log(memory).mkdir()
    assert not note(memory, "one")
    assert retrievals.read(place(memory)) == []


def _write(root: str, writer: int) -> None:
    retrievals.MOST = 20_000
    for number in range(100):
        query = f"{writer}.{number}"
        here = Place(root, f"{root}/.git")
        retrievals.note(here, client="c", session="", query=query, budget=1, chars=1, ids=[])


def test_several_writers_lose_no_line_while_the_log_is_put_aside(memory: Memory) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(str(memory.root), writer)) for writer in range(3)]
    for process in writers:
        process.start()
    for process in writers:
        process.join()
    kept = [one.query for one in retrievals.read(place(memory))]
    assert len(kept) == len(set(kept)) >= 200  # what was put aside twice is gone, as it is meant to
    for writer in range(3):
        own = [int(query.partition(".")[2]) for query in kept if query.startswith(f"{writer}.")]
        assert own == list(range(100 - len(own), 100))
