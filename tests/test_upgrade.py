"""Formats: an older repository is brought to ours by a commit, a newer one is refused and left alone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.happenings import HOSTS, event, stdin
from tests.memory import CODE, Memory


def with_format(memory: Memory, number: int | None) -> None:
    """Let the repository say that it has a format, or say none, in a commit of its own."""
    lines = memory.read("commonplace.toml").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("format")]
    memory.write("commonplace.toml", ("" if number is None else f"format = {number}\n") + "".join(kept))
    memory.git("commit", "--quiet", "-am", "another format")


@pytest.mark.parametrize("number", [None, 0])
def test_an_older_repository_is_brought_to_ours_by_one_commit(memory: Memory, number: int | None) -> None:
    with_format(memory, number)
    flag = memory.flag("Said in the old format", "--topic", "deploy")
    assert memory.out("status") != ""
    assert memory.subjects()[0] == "another format"  # to read it changes nothing

    memory.run("drain")

    assert memory.subjects()[:3] == [
        "drain: 1 flag into 1 topic", "capture: 1 entry", "upgrade: format 0 to 1",
    ]  # fmt: skip
    assert memory.git("show", "--format=%an/%cn", "--name-only", "HEAD~2").split() == [
        "commonplace/commonplace", "commonplace.toml",
    ]  # fmt: skip
    said = memory.read("commonplace.toml")
    assert said.count("format = 1\n") == 1
    assert said.count("[drain]") == 1
    assert memory.git("status", "--short") == ""
    assert flag[-10:].lower() in memory.page("deploy")
    memory.flag("Another", "--topic", "deploy")
    memory.run("drain")
    assert memory.subjects()[:3:2] == ["drain: 1 flag into 1 topic", "drain: 1 flag into 1 topic"]
    assert memory.json("audit", "verify")["well"]


def test_a_look_at_what_would_be_drained_upgrades_nothing(memory: Memory) -> None:
    with_format(memory, None)
    memory.flag("Said in the old format")
    before = memory.everything()
    memory.run("drain", "--dry-run")
    assert memory.everything() == before


def test_a_persons_own_settings_that_lack_the_number_are_no_older_format(memory: Memory) -> None:
    memory.write("commonplace.toml", "[drain]\njobs = 2\n")
    memory.flag("Said meanwhile")
    memory.run("drain")
    assert memory.subjects()[0] == "drain: 1 flag into 1 topic"
    assert memory.subjects("--grep=upgrade") == []
    assert memory.read("commonplace.toml") == "[drain]\njobs = 2\n"


def test_what_a_person_has_changed_in_old_settings_is_committed_as_theirs_first(memory: Memory) -> None:
    with_format(memory, None)
    memory.write("commonplace.toml", memory.read("commonplace.toml").replace("jobs = 4", "jobs = 2"))
    memory.run("drain")
    assert memory.subjects()[:2] == ["upgrade: format 0 to 1", "edit: 1 file by hand"]
    said = memory.read("commonplace.toml")
    assert ("jobs = 2" in said, "format = 1" in said) == (True, True)
    assert memory.git("log", "-1", "--format=%an", "HEAD~1").strip() == "Ada Lovelace"
    assert memory.json("audit", "verify")["well"]


def test_a_clone_that_was_trusted_stays_trusted(memory: Memory, tmp_path: Path) -> None:
    text = memory.read("commonplace.toml").replace('worker = "builtin"', 'worker = "none-such"')
    memory.write("commonplace.toml", text)
    with_format(memory, None)
    memory.git("clone", "--quiet", str(memory.root), str(tmp_path / "clone"))
    clone = Memory(tmp_path / "clone", tmp_path)
    clone.run("init", str(clone.root))
    clone.as_person("trust", "--yes")
    clone.run("drain", "--worker", "builtin")
    assert clone.subjects()[0] == "upgrade: format 0 to 1"
    assert "none-such" in clone.run("drain", code=2).stderr


def test_a_kill_within_an_upgrade_leaves_the_old_or_the_new_one(memory: Memory) -> None:
    with_format(memory, None)
    for step in ("intent", "move", "page", "index"):
        command = [sys.executable, "-c", KILLED_AT, "drain", step]
        environment = {**os.environ, "PYTHONPATH": str(CODE)}
        killed = subprocess.run(command, cwd=memory.root, env=environment, check=False)
        assert killed.returncode == -9
        memory.run("boot")
        old = memory.subjects()[0] == "another format"
        assert old == ("format = 1" not in memory.read("commonplace.toml"))
        assert memory.git("status", "--short") == ""
        if not old:
            memory.git("reset", "--hard", "--quiet", "HEAD^")


KILLED_AT = """
import os, sys
from commonplace import landing
from commonplace.__main__ import main
stop = sys.argv.pop()
landing.on_step = lambda name: name == stop and os.kill(os.getpid(), 9)
main()
"""

CALLS = (
    ("flag", "A fact"), ("self-eval", "--snag", "s", "--better", "b"), ("drain",), ("drain", "--dry-run"),
    ("review",), ("accept", "--all"), ("log",), ("status",), ("undo", "abcd"), ("queue", "list"),
    ("why", "^2m7r4xbeyz"), ("boundary", "chapter"), ("boundary", "end", "--session", "s1"), ("doctor",),
    ("trust",), ("audit", "verify"), ("install", "claude-code"), ("init", "."),
)  # fmt: skip


@pytest.mark.parametrize("call", CALLS, ids="-".join)
def test_a_newer_repository_is_refused_with_a_clear_word_and_left_alone(
    memory: Memory, call: tuple[str, ...]
) -> None:
    with_format(memory, 2)
    # A newer program may have left what only it can finish.
    (memory.root / ".git/commonplace/intent").write_text("{}")
    before = memory.everything()
    refused = memory.run(*call, code=1)
    assert "has format 2, and this commonplace knows format 1; nothing of it was changed" in refused.stderr
    assert "pip install --upgrade commonplace" in refused.stderr
    assert memory.everything() == before


def test_a_boot_says_that_a_repository_is_newer_and_leaves_it_alone(memory: Memory) -> None:
    with_format(memory, 2)
    before = memory.everything()
    said = "has format 2, and this commonplace knows format 1"
    assert said in memory.out("boot", "--check", code=4)
    assert memory.json("boot")[0]["kind"] == "format"
    assert said in memory.out("boundary", "boot", "--session", "s1")
    assert memory.everything() == before


@pytest.mark.parametrize("host", HOSTS)
def test_a_hook_says_so_at_boot_alone_and_never_fails(memory: Memory, host: str) -> None:
    with_format(memory, 2)
    before = memory.everything()
    answers = []
    for what in ("boot", "shell", "end"):
        name, payload = event(host, what, "s1", memory.root, command="git commit")
        done = memory.run("hook", "--repo", str(memory.root), host, name, stdin=stdin(payload))
        answers.append(done.stdout)
        assert done.stderr == ""
    assert "knows format 1" in answers[0]
    assert "knows format" not in "".join(answers[1:])
    assert memory.everything() == before


def test_caches_of_another_shape_are_made_anew_and_nothing_else_is_lost(memory: Memory) -> None:
    private = memory.root / ".git/commonplace"
    memory.self_eval("hung", "Clip first", "--target", "skills/cad")
    memory.run("drain")
    memory.as_person("accept", "--all")
    memory.run("boot")
    flag = memory.flag("Waits")
    kept = {name: (private / name).read_bytes() for name in ("made-here", "audit-heads")}
    (private / "format").write_text("7\n")
    (private / "closed").write_text("of another shape")
    (private / "compiled").write_text("of another shape")
    (private / "answers").mkdir()
    (private / "recall.sqlite").write_text("of another shape")
    (private / "candidates").mkdir()
    (private / "candidates/s1").write_text("is no cache")

    assert memory.json("review") == []

    assert (private / "format").read_text() == "1\n"
    assert not (private / "answers").exists()
    assert not (private / "recall.sqlite").exists()
    assert (private / "candidates/s1").exists()
    assert {name: (private / name).read_bytes() for name in kept} == kept
    assert (private / "inbox" / f"{flag}.flag.md").exists()
    assert "of another shape" not in memory.out("boot")
