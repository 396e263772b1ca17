"""Speed, as ratios measured in one run: `make bench`, or `run.py NAME…` for one of those below.

Every figure but the gate's is a whole process, started from nothing. The reference is `python -c pass`
with the same interpreter, its samples taken in turns with ours. The exit code is 1 if a target is missed.
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.hosts import hook, session
from tests.bench.mcp import mcp
from tests.bench.measure import Row, Run, in_turns, ms, ratio
from tests.bench.recall import recall
from tests.bench.repositories import (
    Scratch,
    place,
    with_drains,
    with_history,
    with_queue,
)
from tests.bench.size import size
from tests.bench.substrate import mine
from tests.bench.workers import fan_out, gate, instant

MODULE = [sys.executable, "-m", "commonplace"]
SCRIPT = [str(Path(sys.executable).parent / "commonplace")]
BARE = [sys.executable, "-c", "pass"]
CALL = "import os, sys; {}from commonplace.__main__ import main; sys.exit(main())"
UNSYNCED = [sys.executable, "-c", CALL.format("os.fsync = lambda _: None; ")]
SYNCED = [sys.executable, "-c", CALL.format("")]

HOT = 2.5
"""Bare Pythons that a flag and a silent boot may cost."""

ROUNDS = 40


def _runs(scratch: Scratch, root: Path) -> Callable[..., Run]:
    """Return a maker of runs from outside the repository, which the environment names."""
    env = {**scratch.env, "COMMONPLACE_REPO": str(root)}

    def make(start: list[str], *arguments: str, before: Callable[[], object] = lambda: None) -> Run:
        return Run([*start, *arguments], scratch.folder, env, before)

    return make


def flag(scratch: Scratch) -> Iterator[Row]:
    """`flag` in a repository of 2,000 commits."""
    make = _runs(scratch, with_history(scratch, "flag", 2000))
    said = ("flag", "--topic", "deploy", "Tag the release before pushing the image.")
    yield from _hot(make, "flag", said, lambda: None)
    synced, unsynced = in_turns([make(SYNCED, *said), make(UNSYNCED, *said)], ROUNDS)
    cost = median(a - b for a, b in zip(synced, unsynced, strict=True)) * 1000
    yield Row("flag: of which syncing to the disk", f"{cost:.1f} ms", "the disk's")


def boot(scratch: Scratch) -> Iterator[Row]:
    """A silent `boundary boot` of a new session in a repository of 2,000 commits."""
    root = with_history(scratch, "boot", 2000)
    marker = Path(place(root).inside("sessions", "bench"))
    before = lambda: marker.unlink(missing_ok=True)  # noqa: E731
    yield from _hot(_runs(scratch, root), "silent boot", ("boundary", "boot", "--session", "bench"), before)


def _hot(
    make: Callable[..., Run], name: str, said: tuple[str, ...], before: Callable[[], object]
) -> Iterator[Row]:
    starts = {"console script": SCRIPT, "python -m": MODULE}
    ways = {way: start for way, start in starts.items() if Path(start[0]).exists()}
    runs = [make(start, *said, before=before) for start in ways.values()]
    bare, *samples = in_turns([make(BARE), *runs], ROUNDS)
    for way, taken in zip(ways, samples, strict=True):
        times = ratio(taken, bare)
        yield Row(f"{name}, {way}", ms(taken), f"bare {ms(bare)}", f"{times:.2f} x",
                  f"<= {HOT} x", times <= HOT)  # fmt: skip
    programs = runs[0].processes()
    besides = len(programs) - programs.count("git")
    if programs:
        yield Row(f"{name}: processes besides git", str(besides), f"git {programs.count('git')}", "",
                  "1", besides == 1)  # fmt: skip
    else:
        yield Row(f"{name}: processes besides git", "no strace")
    peak, least = runs[0].megabytes(), make(BARE).megabytes()
    yield Row(f"{name}: peak memory", f"{peak:.1f} MB", f"bare {least:.1f} MB", "", "< 20 MB", peak < 20)


def drain(scratch: Scratch) -> Iterator[Row]:
    """`drain` of 100, 1,000 and 10,000 flags, each in a fresh repository."""
    taken: dict[int, list[float]] = {100: [], 1000: [], 10_000: []}
    for number in range(3):
        for flags, samples in taken.items():
            root = with_queue(scratch, f"queue-{flags}-{number}", flags)
            samples.append(_runs(scratch, root)(MODULE, "drain", "--quiet").seconds())
            shutil.rmtree(root)
    hundred, thousand, ten = (median(samples) for samples in taken.values())
    yield Row("drain of 100 flags", f"{hundred:.2f} s", "", "", "< 1 s", hundred < 1)
    yield Row("drain of 1,000 flags", f"{thousand:.2f} s")
    yield Row("drain of 10,000 flags", f"{ten:.2f} s", "", "", "<= 8 s", ten <= 8)
    times = ratio(taken[10_000], taken[1000])
    yield Row("drain of 10,000 against 1,000", f"{ten:.2f} s", f"1,000 {thousand:.2f} s", f"{times:.1f} x",
              "<= 12 x", times <= 12)  # fmt: skip


def history(scratch: Scratch) -> Iterator[Row]:
    """`boot` with 20,000 commits of history against none: silent, an entry waiting, a proposal waiting."""
    long, none = with_history(scratch, "long", 20_000), scratch.memory("none")
    for state in ("silent", "an entry waits", "and a proposal"):
        for root in (long, none):
            if state == "an entry waits":
                scratch.commonplace("flag", "--repo", str(root), "Tag the release before pushing.")
            if state == "and a proposal":
                scratch.git(root, "branch", "proposal/2m7r4xbeyz")
        ours, reference = in_turns(
            [_runs(scratch, root)(MODULE, "boot") for root in (long, none)], ROUNDS // 2
        )
        times = ratio(ours, reference)
        yield Row(f"boot with 20,000 commits, {state}", ms(ours), f"none {ms(reference)}", f"{times:.2f} x",
                  "<= 1.3 x", times <= 1.3)  # fmt: skip


def why(scratch: Scratch) -> Iterator[Row]:
    """`why` after 3,000 drains and 100,000 entries."""
    made = with_drains(scratch, "drained", 3000, 100_000)
    make = _runs(scratch, made.root)
    for name, asked in (
        ("why FILE:LINE", [spot for _, spot in made.spots]),
        ("why ^id", [f"^{fact_id}" for fact_id, _ in made.spots]),
    ):
        runs = cycle([make(MODULE, "why", one) for one in asked])
        next(runs).seconds()
        ours, bare = [], []
        for _ in range(2 * len(asked)):
            bare.append(make(BARE).seconds())
            ours.append(next(runs).seconds())
        yield Row(f"{name}, 3,000 drains, 100,000 entries", ms(ours), f"bare {ms(bare)}",
                  f"{ratio(ours, bare):.1f} x", "<= 150 ms", median(ours) <= 0.150)  # fmt: skip


ALL: dict[str, Callable[[Scratch], Iterator[Row]]] = {
    "flag": flag,
    "boot": boot,
    "drain": drain,
    "history": history,
    "why": why,
    "hook": hook,
    "session": session,
    "fan-out": fan_out,
    "gate": gate,
    "instant": instant,
    "mcp": mcp,
    "recall": recall,
    "size": size,
    "mine": mine,
}


def main(names: list[str]) -> int:
    """Run the benchmarks of these names, or all, and print a line for each figure."""
    if unknown := set(names) - set(ALL):
        print(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {' '.join(ALL)}")
        return 2
    began, missed = time.monotonic(), 0
    print(Row("", "figure", "reference", "ratio", "target"))
    for name in names or ALL:
        with tempfile.TemporaryDirectory(prefix="commonplace-bench-") as folder:
            for row in ALL[name](Scratch(Path(folder))):
                print(row, flush=True)
                missed += row.ok is False
    print(f"{missed} over target; took {time.monotonic() - began:.0f} s")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
