"""What a large memory costs: verbs over 1,000, 10,000 and 100,000 entries against an almost empty one.

The targets are for the largest. A verb that an agent or a hook waits for must not grow with the memory: its
target is a ratio to the almost empty one. One that a person asks for may, up to what still feels prompt.
"""

import os
import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.measure import Row, Run, ms, ratio
from tests.bench.repositories import Drained, Scratch, fill_queue, place, procedure, with_drains

MODULE = [sys.executable, "-m", "commonplace"]
ROUNDS = 11
DRAINS = 5
BATCH = 50
"""How many entries a drain that is measured takes."""


@dataclass(frozen=True)
class Size:
    """How large a memory is; half of its procedures are skills, half are rules."""

    name: str
    entries: int
    drains: int
    topics: int
    procedures: int


EMPTY = Size("almost empty", 1, 1, 3, 2)
SIZES = (
    Size("1k", 1_000, 30, 20, 2),
    Size("10k", 10_000, 300, 200, 20),
    Size("100k", 100_000, 3_000, 2_000, 200),
)
PROPOSALS = 2
"""How many proposals wait, in each of them."""


@dataclass(frozen=True)
class Verb:
    """A verb to measure. times: what it may cost at 100k against the almost empty one · most: the
    milliseconds it may cost, by the name of a size; 0 where nothing is said.
    """

    name: str
    said: Callable[[Drained, int], list[str]]
    times: float = 0.0
    most: tuple[str, float] = ("", 0.0)


def _fact(made: Drained, number: int) -> str:
    return "^" + made.spots[number % len(made.spots)][0]


def _line(made: Drained, number: int) -> str:
    return made.spots[number % len(made.spots)][1]


VERBS = (
    Verb("boot", lambda *_: ["boot"], times=1.3),
    Verb("status", lambda *_: ["status"], most=("100k", 500)),
    Verb("recall QUERY", lambda *_: ["recall", "which database needs a second migration step"],
         most=("10k", 100)),
    Verb("why ^id", lambda made, n: ["why", _fact(made, n)], most=("100k", 150)),
    Verb("why FILE:LINE", lambda made, n: ["why", _line(made, n)], most=("100k", 150)),
    Verb("review", lambda *_: ["review"], times=1.5),
    Verb("log", lambda *_: ["log"], times=1.3),
    Verb("doctor", lambda *_: ["doctor"], times=2.0),
    Verb("flag", lambda *_: ["flag", "--topic", "deploy", "Tag the release before pushing."], times=1.3),
)  # fmt: skip


def size(scratch: Scratch) -> Iterator[Row]:
    """Build the memories, then each verb over all of them in turns, then drains of 50."""
    made = {}
    for one in (EMPTY, *SIZES):
        began = time.monotonic()
        print(f"building a memory: {one.name}", end="", file=sys.stderr, flush=True)
        made[one] = _built(scratch, one)
        took = time.monotonic() - began
        print(f", {took:.1f} s", file=sys.stderr)
        yield Row(f"building {one.name}: {one.entries:,} entries", f"{took:.1f} s")
    for verb in VERBS:
        yield from _verb(scratch, made, verb)
    yield from _drains(scratch, made)


def _built(scratch: Scratch, one: Size) -> Drained:
    """Return a memory with proposals that wait and all caches warm."""
    made = with_drains(
        scratch, one.name.replace(" ", "-"), one.drains, one.entries, one.topics, one.procedures
    )
    for number in range(PROPOSALS):
        target = f"{'rules' if number % 2 else 'skills'}/{procedure(number)}"
        said = ("--snag", f"step {number} was out of date", "--better", f"Read the log of run {number} first")
        scratch.commonplace("self-eval", "--repo", str(made.root), "--target", target, *said)
    scratch.commonplace("drain", "--repo", str(made.root), "--worker", "builtin")
    return made


def _verb(scratch: Scratch, made: dict[Size, Drained], verb: Verb) -> Iterator[Row]:
    """Measure a verb over all memories in turns."""
    samples: dict[Size, list[float]] = {one: [] for one in made}
    for number in range(ROUNDS + 1):
        for one, drained in made.items():
            seconds = _run(scratch, drained.root, *verb.said(drained, number)).seconds()
            if number:
                samples[one].append(seconds)
    yield from _rows(verb.name, samples, verb.times, verb.most)
    if verb.name == "flag":
        for drained in made.values():
            _empty_queue(drained.root)


def _drains(scratch: Scratch, made: dict[Size, Drained]) -> Iterator[Row]:
    """Measure drains of 50 entries, each into topics that are there."""
    chance = random.Random(BATCH)
    samples: dict[Size, list[float]] = {one: [] for one in made}
    for number in range(DRAINS + 1):
        for one, drained in made.items():
            fill_queue(drained.root, chance, BATCH, one.topics)
            seconds = _run(scratch, drained.root, "drain", "--quiet", "--worker", "builtin").seconds()
            if number:
                samples[one].append(seconds)
    yield from _rows(f"drain of {BATCH}", samples, 0.0, ("100k", 1500))


def _run(scratch: Scratch, root: Path, *said: str) -> Run:
    return Run([*MODULE, *said], scratch.folder, {**scratch.env, "COMMONPLACE_REPO": str(root)})


def _empty_queue(root: Path) -> None:
    here = place(root)
    for folder in (here.queue, here.inbox):
        for name in os.listdir(folder):
            if name.endswith(".md"):
                os.unlink(os.path.join(folder, name))


def _rows(
    name: str, samples: dict[Size, list[float]], times: float, most: tuple[str, float]
) -> Iterator[Row]:
    least = samples[EMPTY]
    for one in SIZES:
        taken = samples[one]
        grown = ratio(taken, least)
        target, ok = "", None
        if one.name == most[0]:
            target, ok = f"<= {most[1]:.0f} ms", median(taken) * 1000 <= most[1]
        elif times and one is SIZES[-1]:
            target, ok = f"<= {times} x", grown <= times
        yield Row(f"{name}, {one.name}", ms(taken), f"empty {ms(least)}", f"{grown:.2f} x", target, ok)
