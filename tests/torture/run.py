"""`make torture`: kills, failing system calls, jumping clocks and crowds for minutes; seeded, repeatable."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.memory import hermetic
from tests.torture import crash, crowd, faults
from tests.torture.desk import Desk, made


def main() -> int:
    """Run it all and print what was tried; an assertion that fails says what was lost."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=int(time.time()))
    options.add_argument("--rounds", type=int, default=500, help="commands that are run and killed")
    options.add_argument("--seconds", type=float, default=60, help="how long the crowd works")
    said = options.parse_args()
    print(f"seed {said.seed}: run.py --seed {said.seed} repeats it")
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        scratch = Path(folder)
        variables = hermetic(scratch)
        os.environ.clear()
        os.environ.update(variables)
        for name, work in (("crashes", _crash), ("faults", _faults), ("crowd", _crowd)):
            began = time.monotonic()
            work(Desk(made(scratch, name), said.seed), said)
            print(
                f"{name}: nothing was lost, nothing doubled ({time.monotonic() - began:.0f} s)\n", flush=True
            )
    return 0


def _told(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{line}")


def _crash(desk: Desk, said: argparse.Namespace) -> None:
    tried = crash.torture(desk, said.rounds, _told)
    for verb in sorted(name for name in tried if not name.endswith(" killed")):
        print(f"  {verb}: {tried[verb]} times, killed {tried[f'{verb} killed']} times")
    print(f"  {len(desk.said)} entries acknowledged")


def _faults(desk: Desk, _: argparse.Namespace) -> None:
    tried = faults.torture(desk, told=_told)
    faults.jumps(desk, 30)
    print(f"  {sum(tried.values())} commands with a failing call, 30 with a clock that jumps")


def _crowd(desk: Desk, said: argparse.Namespace) -> None:
    tried, waits = crowd.torture(desk, 32, said.seconds)
    print("  32 at once: " + ", ".join(f"{verb} {number}" for verb, number in sorted(tried.items())))
    print(f"  {crowd.described(waits)}")


if __name__ == "__main__":
    sys.exit(main())
