"""A command killed at any step: nothing is lost, nothing is there twice, nothing is left lying about."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger_check import bullets, check_entries, check_repository
from tests.memory import Memory

RUNNER = """
import os, signal, sys
from commonplace import landing
from commonplace.__main__ import main
stop, command = sys.argv.pop(1), sys.argv.pop(1)
taken = 0
def step(name):
    global taken, command
    taken += 1
    if stop in (name, str(taken)) and command != "done":
        if command == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        os.system(command)
        command = "done"
landing.on_step = step
sys.exit(main())
"""

NEXT = ("status", "boot", "drain")


def interrupted(memory: Memory, stop: int | str, what: str, *arguments: str) -> int:
    """Run a command in which the shell does something before a step, by number or name, the first time;
    return its exit code.
    """
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(stop), what, *arguments],
        cwd=memory.root, env=dict(os.environ), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr.decode()
    return done.returncode


def killed(memory: Memory, stop: int | str, *arguments: str) -> bool:
    """Run a command that is killed before a step; tell whether that came to pass."""
    return interrupted(memory, stop, "kill", *arguments) != 0


class Base:
    """A memory in which something waits, to be copied for each round: said is id → text."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.said: dict[str, str] = {}
        self.rounds = 0

    def flag(self, text: str, *options: str) -> str:
        entry_id = self.memory.flag(text, *options)
        self.said[entry_id] = text
        return entry_id

    def copy(self) -> Memory:
        """Return a copy; hard links and times are kept."""
        self.rounds += 1
        root = self.memory.scratch / f"round-{self.rounds}"
        subprocess.run(["cp", "-a", str(self.memory.root), str(root)], check=True)
        return Memory(root, self.memory.scratch)

    def killed_at_each_step(self, *arguments: str, first: int = 1, stride: int = 1) -> Iterator[Memory]:
        """Yield for each step of a command a copy in which it was killed before it."""
        for step in range(first, 100, stride):
            copy = self.copy()
            if not killed(copy, step, *arguments):
                assert step > 7, "the command has more steps than that"
                return
            yield copy
            shutil.rmtree(copy.root)


@pytest.fixture
def base(memory: Memory) -> Base:
    """Return a memory with pages, a fact to be superseded, new entries, and a person's edits."""
    made = Base(memory)
    old = memory.flag("The port is 8080", "--topic", "deploy")
    memory.flag("Deploys go out on Mondays", "--topic", "deploy")
    memory.flag("Clip before rendering", "--topic", "cad")
    memory.run("drain")
    made.flag("The port is 8081", "--topic", "deploy", "--supersedes", f"^{old[-10:].lower()}")
    made.flag("Rollbacks take a minute", "--topic", "deploy")
    made.flag("Coffee is on the third floor", "--topic", "office")
    made.said[memory.self_eval("it hung", "Clip first", "--target", "skills/cad")] = ""
    append(memory, "deploy", "- by hand, before\n")
    memory.write("memory/user/notes.md", "# Notes\n- a page by hand\n")
    return made


def append(memory: Memory, topic: str, line: str) -> None:
    """Add a line to a page as an editor does: written whole."""
    memory.write(f"memory/user/{topic}.md", memory.page(topic).rstrip("\n") + "\n" + line)


def wip(memory: Memory) -> None:
    """Commit everything as it is, as a person does; where git's lock is in the way, once more without it."""
    lock = memory.root / ".git" / "index.lock"
    if lock.exists():
        memory.git("add", "-A", code=128)
        lock.unlink()
    memory.git("add", "-A")
    memory.git("commit", "-q", "-m", "wip", code=None)


def check_drained(memory: Memory, said: dict[str, str], hand: list[str]) -> None:
    memory.run("drain")
    check_entries(memory, said, all_drained=True)
    check_repository(memory)
    page = memory.page("deploy").split("\n")
    assert [line for line in page if "by hand" in line] == [f"- by hand, {when}" for when in hand]
    assert "- The port is 8080" not in memory.page("deploy")
    assert memory.page("notes") == "# Notes\n- a page by hand\n"
    authors = memory.git("log", "--format=%an", "-S", "by hand", "--", "memory/user").split("\n")
    assert set(filter(None, authors)) == {"Ada Lovelace"}


@pytest.mark.parametrize("then", NEXT)
@pytest.mark.parametrize("person", ["edits", "commits"])
def test_a_drain_killed_before_any_step_loses_and_doubles_nothing(base: Base, then: str, person: str) -> None:
    # Each of the commands that may come next takes every third step: all finish by the same code.
    first = 1 + (NEXT.index(then) + (person == "edits")) % len(NEXT)
    for memory in base.killed_at_each_step("drain", first=first, stride=len(NEXT)):
        late = memory.flag("It came after the kill", "--topic", "deploy")
        said = {**base.said, late: "It came after the kill"}
        append(memory, "deploy", "- by hand, after\n")
        if person == "commits":
            wip(memory)
        memory.run(then)
        check_entries(memory, said)
        check_drained(memory, said, ["before", "after"])


@pytest.mark.parametrize("person", ["waits", "commits"])
def test_a_recovery_killed_before_any_step_is_finished_by_the_next(base: Base, person: str) -> None:
    assert killed(base.memory, "page", "drain")
    if person == "commits":
        wip(base.memory)
    for memory in base.killed_at_each_step("status"):
        check_drained(memory, base.said, ["before"])


AT = ("build", "lock", "intent", "move", "page", "index", "queue", "release", "unlock")


@pytest.mark.parametrize("step", AT)
def test_what_the_person_saves_before_any_step_of_a_drain_stays(base: Base, step: str) -> None:
    save = "echo '- by hand, after' >>memory/user/deploy.md"
    assert interrupted(base.memory, step, save, "drain") == 0
    check_entries(base.memory, base.said, all_drained=True)
    base.flag("It came later", "--topic", "cad")
    check_drained(base.memory, base.said, ["before", "after"])


@pytest.mark.parametrize("step", ["build", "lock"])
def test_what_the_person_commits_while_a_drain_is_built_stays(base: Base, step: str) -> None:
    save = "echo '- by hand, after' >>memory/user/deploy.md; git commit -qam 'by hand'"
    assert interrupted(base.memory, step, save, "drain") == 0
    check_drained(base.memory, base.said, ["before", "after"])
    assert "by hand" in base.memory.subjects()


def test_a_recovery_leaves_the_index_alone_while_a_git_command_holds_it(base: Base) -> None:
    assert killed(base.memory, "page", "drain")
    lock, index = base.memory.root / ".git/index.lock", base.memory.root / ".git/index"
    lock.unlink()
    lock.touch()
    before = index.read_bytes()
    assert "a git command holds" in base.memory.run("drain", code=1).stderr
    assert index.read_bytes() == before
    assert lock.exists()
    lock.unlink()
    check_drained(base.memory, base.said, ["before"])


@pytest.mark.parametrize("step", ["lock", "make a ref", "move", "index"])
def test_the_locks_of_git_processes_that_died_with_the_drain_are_removed(base: Base, step: str) -> None:
    assert killed(base.memory, step, "drain")
    git = base.memory.root / ".git"
    left = ["packed-refs.lock", "refs/commonplace/building/01M7WM9C8R9V3T5N2M7R4XBEYZ.lock"]
    left += ["refs/heads/main.lock", "HEAD.lock"] if step != "lock" else []
    left += ["objects/info/commit-graphs/commit-graph-chain.lock", "commonplace/graph"]
    for name in left:
        (git / name).touch()
    base.memory.run("boot")
    check_entries(base.memory, base.said)
    assert [name for name in left if (git / name).exists()] == []
    check_drained(base.memory, base.said, ["before"])


def test_a_page_that_is_deleted_after_the_kill_comes_back_with_its_new_facts(base: Base) -> None:
    assert killed(base.memory, "page", "drain")
    (base.memory.root / "memory/user/deploy.md").unlink()
    wip(base.memory)
    base.memory.run("status")
    check_entries(base.memory, base.said, all_drained=True)
    check_repository(base.memory)
    assert "- by hand, before" in base.memory.page("deploy")


def test_an_accept_killed_before_any_step_applies_once(base: Base) -> None:
    settings = Path(os.environ["XDG_CONFIG_HOME"]) / "commonplace" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text("[accept]\nfrom_agents = true\n")
    base.memory.run("drain")
    (proposal,) = [row["id"] for row in base.memory.json("review")]
    for memory in base.killed_at_each_step("accept", proposal, stride=2):
        if memory.json("review"):
            assert not (memory.root / "skills/cad").exists()
            memory.run("accept", proposal)
        assert memory.read("skills/cad/SKILL.md").count("Clip first") == 1
        assert memory.git("log", "--format=%s", f"--grep=^Proposal: {proposal}$").count("accept: ") == 1
        assert memory.git("branch", "--list", "proposal/*") == ""
        check_repository(memory)


def test_an_undo_killed_before_any_step_takes_back_once(base: Base) -> None:
    base.memory.run("drain")
    drain = base.memory.git("rev-parse", "HEAD").strip()
    for memory in base.killed_at_each_step("undo", drain, first=2, stride=2):
        memory.run("status")
        check_entries(memory, base.said)
        if not memory.queue():
            memory.run("undo", drain)
        check_entries(memory, dict.fromkeys(base.said, ""))
        assert len(memory.queue()) == len(base.said)
        check_repository(memory, [f"?? queue/{name}" for name in memory.queue()])
        held = memory.root / ".git/commonplace/held"
        assert sorted(path.name for path in held.iterdir()) == sorted(base.said)


def test_a_drop_killed_before_any_step_drops_once(base: Base) -> None:
    dropped, text = next(iter(base.said.items()))
    for memory in base.killed_at_each_step("queue", "drop", dropped, "--because", "a test"):
        memory.run("status")
        check_entries(memory, {**base.said, dropped: ""})
        if memory.subjects("-1") != ["queue: drop 1 entry"]:
            memory.run("queue", "drop", dropped, "--because", "a test")
            check_entries(memory, {**base.said, dropped: ""})
        assert memory.subjects()[:3].count("queue: drop 1 entry") == 1
        assert bullets(memory, text) == 0
        edits = [" M memory/user/deploy.md", "?? memory/user/notes.md"]
        check_repository(memory, [*edits, *(f"?? queue/{name}" for name in memory.queue())])


@pytest.mark.parametrize("whole_group", [False, True])
def test_drains_killed_at_random_times_lose_and_double_nothing(base: Base, whole_group: bool) -> None:
    memory, said = base.memory, base.said
    chance = random.Random(20 + whole_group)
    for number in range(8):
        text = f"Said in round {number}"
        said[memory.flag(text, "--topic", chance.choice(["deploy", "rounds"]))] = text
        process = subprocess.Popen(
            [sys.executable, "-m", "commonplace", "drain", "--quiet"],
            cwd=memory.root, env=dict(os.environ), start_new_session=True,
        )  # fmt: skip
        time.sleep(chance.uniform(0.12, 0.35))
        (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL)
        process.wait()
        memory.run(chance.choice(["status", "boot"]))
        check_entries(memory, said)
    check_drained(memory, said, ["before"])
