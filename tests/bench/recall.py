"""What a recall costs over 10,000 facts and 10,000 turns of sessions, and what its index costs, made anew."""

import random
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.bench.measure import Row, Run, in_turns, ms
from tests.bench.repositories import Scratch, sentence, with_drains
from tests.logs import Claude, lines

MODULE = [sys.executable, "-m", "commonplace"]
ROUNDS = 10
SESSIONS, TURNS = 500, 20
QUERIES = (
    "which database needs the second migration step",
    "no, the invoice export never touches the read replica",
    "--no-verify config/production.yaml",
    "what did we say about the payment webhook last week",
)


def recall(scratch: Scratch) -> Iterator[Row]:
    """`recall` over memory and sessions, with its index warm and with none."""
    root = with_drains(scratch, "recall", 200, 10_000).root
    logs = scratch.folder / "home" / ".claude" / "projects" / "-home-ada-cad"
    logs.mkdir(parents=True)
    chance = random.Random(10_000)
    for number in range(SESSIONS):
        (logs / f"{number:08}.jsonl").write_text(_session(chance, number))
    env = {**scratch.env, "COMMONPLACE_REPO": str(root)}
    said = ("recall", "--from", "all", "--scope", "all")
    runs = [Run([*MODULE, *said, query], scratch.folder, env) for query in QUERIES]
    runs[0].seconds()  # the logs are read, the index is made
    index = Path(root, ".git", "commonplace", "recall.sqlite")
    cold = Run(runs[0].command, scratch.folder, env, index.unlink)
    bare = Run([sys.executable, "-c", "pass"], scratch.folder, env)
    *samples, reference = in_turns([*runs, bare], ROUNDS)
    warm = [seconds for taken in samples for seconds in taken]
    name = "recall, 10,000 facts, 10,000 turns"
    times = f"{median(warm) / median(reference):.1f} x"
    yield Row(name, ms(warm), f"bare {ms(reference)}", times, "<= 100 ms", median(warm) <= 0.100)
    yield Row("recall: its index made anew", ms([cold.seconds() for _ in range(3)]))


def _session(chance: random.Random, number: int) -> str:
    log = Claude(session=f"{number:08x}-0000-4000-8000-000000000000")
    for _ in range(TURNS):
        log.user(f"{chance.choice(('No, ', 'Actually, ', '', ''))}{sentence(chance)}")
        log.says(" ".join(sentence(chance) for _ in range(6)))
    return lines(*log.records)
