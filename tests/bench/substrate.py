"""What reading the session logs costs: 134 logs of 116 MB, and the end of one before a compaction.

The logs have the shape of Claude Code's: nine bytes in ten are tools' results and calls, and what a person
typed is a few turns a session. They are the same on every run.
"""

import json
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.hosts import HOT, PROGRAM, payload
from tests.bench.measure import Row, Run, in_turns, ms
from tests.bench.repositories import Scratch, sentence
from tests.logs import Claude, lines

MODULE = [sys.executable, "-m", "commonplace"]
BARE = [sys.executable, "-c", "pass"]
SESSIONS, BYTES, TURNS = 134, 116_000_000, 450
TRANSCRIPT = 5_000_000
"""How long the log is that a compaction cuts, in bytes."""

ROUNDS = 7
BEFORE = ("No, ", "That's wrong: ", "I meant something else. ", "", "", "Now ", "Thanks. ", "Please ")
"""How what a person types begins: corrections, and what is none."""

CODE = "    if (value === undefined) {\n      throw new Error('the value is missing');\n    }\n"
"""What tools read and write, again and again."""


def mine(scratch: Scratch) -> Iterator[Row]:
    """The first `mine`, one over unchanged logs, and the hook before a compaction."""
    root = scratch.memory("mine")
    env = {**scratch.env, "COMMONPLACE_REPO": str(root), "CLAUDE_PID": str(os.getpid())}
    size = _logs(scratch.folder / "home" / ".claude" / "projects" / "-home-ada-cad")
    again = Run([*MODULE, "mine"], scratch.folder, env)
    cache = Path(root, ".git", "commonplace", "substrate.sqlite")
    first = Run(again.command, scratch.folder, env, lambda: cache.unlink(missing_ok=True))
    bare = Run(BARE, scratch.folder, env)
    anew, unchanged, reference = in_turns([first, again, bare], ROUNDS)
    what = f"{SESSIONS} logs, {size / 1e6:.0f} MB"
    yield Row(f"mine: {what}, first", ms(anew), f"bare {ms(reference)}", "", "<= 1 s", median(anew) <= 1)
    peak = first.megabytes()
    yield Row("mine: its peak memory", f"{peak:.1f} MB", "", "", "<= 60 MB", peak <= 60)
    yield Row("mine: unchanged again", ms(unchanged), "", "", "<= 150 ms", median(unchanged) <= 0.150)
    yield from _before_compaction(scratch, env, bare)


def _before_compaction(scratch: Scratch, env: dict[str, str], bare: Run) -> Iterator[Row]:
    log = scratch.folder / "transcript.jsonl"
    log.write_text(_session(random.Random(5), 0, TRANSCRIPT, TURNS // 20))
    said = json.loads(payload("PreCompact", scratch.folder, trigger="auto"))
    data = json.dumps({**said, "transcript_path": str(log)}).encode()
    hook = Run([*PROGRAM.split(" "), "hook", "claude-code", "PreCompact"], scratch.folder, env, stdin=data)
    taken, reference = in_turns([hook, bare], 20)
    kept = Path(env["COMMONPLACE_REPO"], ".git", "commonplace", "candidates", said["session_id"])
    assert kept.read_text(), "the hook found no correction"
    most = HOT * median(reference) + 0.030
    yield Row(
        f"hook PreCompact, {log.stat().st_size / 1e6:.0f} MB", ms(taken), f"bare {ms(reference)}", "",
        f"<= {most * 1000:.0f} ms", median(taken) <= most,
    )  # fmt: skip


def _logs(folder: Path) -> int:
    """Write the logs, most of them short and a few long; return their bytes."""
    folder.mkdir(parents=True)
    chance = random.Random(SESSIONS)
    shares = [chance.lognormvariate(0, 1.2) for _ in range(SESSIONS)]
    size = 0
    for number, share in enumerate(shares):
        turns = TURNS * (number + 1) // SESSIONS - TURNS * number // SESSIONS
        text = _session(chance, number, round(BYTES * share / sum(shares)), turns)
        size += (folder / f"{number:08}.jsonl").write_text(text)
    return size


def _session(chance: random.Random, number: int, size: int, turns: int) -> str:
    """Return a session of about so many bytes, of so many turns."""
    log = Claude(session=f"{number:08x}-0000-4000-8000-000000000000")
    written, done = list[str](), 0
    for _ in range(turns):
        log.user(f"{chance.choice(BEFORE)}{sentence(chance)}")
        left = size // turns - 1000
        while left > 0:
            log.says(sentence(chance)).calls(command=sentence(chance))
            for _ in range(2):
                log.add("progress", data={"type": "hook_progress", "output": CODE * 12}, toolUseID="toolu_1")
            length = min(round(chance.lognormvariate(8.4, 1.3)), left, 200_000)
            log.result(CODE * (length // len(CODE) + 1))
            written.append(lines(*log.records[done:]))
            done, left = len(log.records), left - len(written[-1])
        log.says(" ".join(sentence(chance) for _ in range(4)))
    return "".join([*written, lines(*log.records[done:])])
