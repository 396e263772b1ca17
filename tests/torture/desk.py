"""A memory to torture: what was acknowledged is kept in mind, and checked against git and files."""

import os
import random
import subprocess
import sys
from pathlib import Path

from tests.ledger_check import check_entries, check_repository
from tests.memory import Memory

BUG = 3


class Desk:
    """A memory repository, the ids that were ever acknowledged with their texts, and a seeded chance."""

    def __init__(self, memory: Memory, seed: int) -> None:
        self.memory = memory
        self.chance = random.Random(seed)
        self.said: dict[str, str] = {}
        self.flags = 0

    def call(self, *arguments: str, code: str = "") -> subprocess.Popen[str]:
        """Start a command in a process group of its own; `code` is run in it before."""
        start = ["-c", f"{code}\nimport sys\nfrom commonplace.__main__ import main\nsys.exit(main())"]
        return subprocess.Popen(
            [sys.executable, *(start if code else ["-m", "commonplace"]), *arguments],
            cwd=self.memory.root, env=dict(os.environ), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def new_flag(self) -> tuple[str, ...]:
        """Return the arguments of a flag that nobody has made yet."""
        self.flags += 1
        topic = self.chance.choice(("deploy", "cad", "billing", "tests"))
        return ("flag", "--topic", topic, f"The {topic} note number {self.flags} stands alone.")

    def new_self_eval(self) -> tuple[str, ...]:
        """Return the arguments of a self-eval that nobody has made yet."""
        self.flags += 1
        target = self.chance.choice(("skills/cad", "skills/deploy", "rules/tests"))
        return (
            "self-eval",
            "--target",
            target,
            "--snag",
            f"Snag {self.flags}.",
            "--better",
            f"Way {self.flags}.",
        )

    def acknowledge(self, arguments: tuple[str, ...], out: str) -> None:
        """Keep in mind the id that a flag or a self-eval printed, if it came to that."""
        if arguments[0] in ("flag", "self-eval") and out.strip():
            self.said[out.split(maxsplit=1)[0]] = arguments[-1] if arguments[0] == "flag" else ""

    def settle(self) -> None:
        """Run the next command as any user would; it must need no help."""
        self.memory.run("boot")

    def check(self) -> None:
        """Check that everything acknowledged is queued or drained exactly once, and that git is sound."""
        check_entries(self.memory, self.said)
        waiting = [f"?? queue/{name}" for name in self.memory.queue()]
        check_repository(self.memory, waiting)


def drains(memory: Memory) -> list[str]:
    """Return the short ids of the drains that are not undone, the newest first."""
    undone, found = set(), []
    for record in memory.git("log", "--format=%s%x1f%(trailers:key=Drain-Id,valueonly,separator=)"
                             "%x1f%(trailers:key=Undo,valueonly,separator=)").splitlines():  # fmt: skip
        subject, drain, undo = record.split("\x1f")
        undone.add(undo)
        if subject.startswith("drain: ") and drain not in undone:
            found.append(drain[-10:].lower())
    return found


def proposals(memory: Memory) -> list[str]:
    """Return the ids of the branches of proposals, open or not."""
    names = memory.git("for-each-ref", "--format=%(refname:short)", "refs/heads/proposal").split()
    return [name.partition("/")[2] for name in names]


def made(scratch: Path, name: str) -> Memory:
    """Return a new memory whose person lets agents accept: nobody sits at a terminal here."""
    memory = Memory(scratch / name, scratch)
    memory.run("init", str(memory.root))
    memory.config("[accept]\nfrom_agents = true\n")
    return memory
