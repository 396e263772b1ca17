"""The index of what history's messages say: the same answers with it, without it, and on any history."""

import subprocess
import sys

from tests.memory import Memory


def told(memory: Memory) -> Memory:
    """Give a memory a history: facts added, said again, superseded; a drain that paid a worker."""
    first = memory.flag("Tag the release before pushing the image.", "--topic", "deploy")
    memory.run("drain")
    memory.flag("Tag the release before pushing the image", "--topic", "deploy")
    memory.run("drain")
    memory.flag("Push the tag with the image.", "--topic", "deploy", "--supersedes", short(first))
    memory.run("drain")
    memory.git("commit", "--allow-empty", "-m", "drain: nothing new\n\nDrain-Id: x\nWorker-Calls: 3\n")
    memory.env = {"COMMONPLACE_TEST_FACT": short(first)}
    return memory


def short(entry: str) -> str:
    return f"^{entry[-10:].lower()}"


def answers(memory: Memory) -> tuple[str, str]:
    """Return what the index is asked for: the steps of a fact, what was spent; it is kept, if it can be."""
    spent = [line for line in memory.out("status").splitlines() if line.startswith("spent")]
    steps = memory.out("why", memory.env["COMMONPLACE_TEST_FACT"])
    index = memory.root / ".git" / "commonplace" / "chronicle.sqlite"
    assert index.is_dir() or index.with_suffix(".sqlite.seal").exists()
    return steps, "\n".join(spent)


def test_an_index_that_is_gone_or_damaged_gives_the_same_answers(memory: Memory) -> None:
    answer = answers(told(memory))
    places = [answer[0].find(word) for word in (" add ", "duplicate", "superseded")]
    assert 0 < places[0] < places[1] < places[2]
    assert "3 calls" in answer[1]
    index = memory.root / ".git" / "commonplace" / "chronicle.sqlite"
    assert index.stat().st_mode & 0o777 == 0o600
    whole = index.read_bytes()
    for damage in (
        None,
        b"no database",
        whole[: len(whole) // 2],
        whole[:5000] + b"x" * 5000 + whole[10_000:],
    ):
        index.unlink()
        if damage is not None:
            index.write_bytes(damage)
        assert answers(memory) == answer, damage and damage[:20]
        assert index.read_bytes()[:6] == b"SQLite"


def test_where_no_index_can_be_kept_the_answers_are_the_same(memory: Memory) -> None:
    answer = answers(told(memory))
    index = memory.root / ".git" / "commonplace" / "chronicle.sqlite"
    index.unlink()
    index.mkdir()
    assert answers(memory) == answer
    assert list(index.iterdir()) == []


def test_several_at_once_with_no_index_all_answer(memory: Memory) -> None:
    fact = told(memory).env["COMMONPLACE_TEST_FACT"]
    command = [sys.executable, "-m", "commonplace", "why", fact, "--repo", str(memory.root)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    assert len({process.communicate()[0] for process in running}) == 1
    assert {process.returncode for process in running} == {0}


def test_a_history_that_was_set_back_is_forgotten_and_one_that_was_merged_is_read(memory: Memory) -> None:
    answer = answers(told(memory))
    memory.git("switch", "-q", "-c", "aside", "HEAD~2")
    memory.git("commit", "-q", "--allow-empty", "-m", f"edit: x\n\nupdate {answer[0].split()[0]} user/deploy")
    assert "superseded" not in answers(memory)[0]
    memory.git("switch", "-q", "main")
    assert answers(memory) == answer
    memory.git("merge", "-q", "--no-edit", "aside")
    merged = answers(memory)
    assert " update " in merged[0]
    assert merged[1] == answer[1]
    (memory.root / ".git" / "commonplace" / "chronicle.sqlite").unlink()
    assert answers(memory) == merged
    memory.git("reset", "-q", "--hard", "HEAD^")
    assert answers(memory) == answer
