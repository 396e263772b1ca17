"""Measuring: whole processes, the samples of what is compared taken in turns."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_PEAK = """
import os, sys
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
print(os.wait4(child, 0)[2].ru_maxrss)
"""


@dataclass(frozen=True)
class Run:
    """A command line to measure: where, with what environment, and what to put right before each sample."""

    command: Sequence[str]
    cwd: Path
    env: dict[str, str]
    before: Callable[[], object] = lambda: None
    stdin: bytes = b""

    def seconds(self) -> float:
        """Run it once and return how long the whole process took; its output is thrown away."""
        self.before()
        began = time.perf_counter()
        self._run(self.command)
        return time.perf_counter() - began

    def _run(self, command: Sequence[str]) -> bytes:
        return subprocess.run(
            command, cwd=self.cwd, env=self.env, input=self.stdin, stdout=subprocess.PIPE, check=True
        ).stdout

    def megabytes(self) -> float:
        """Return the peak of its memory.

        A small process starts it and asks: the peak that the system tells includes the starter's own.
        """
        self.before()
        command = [sys.executable, "-c", _PEAK, shutil.which(self.command[0]) or "", *self.command[1:]]
        out = self._run(command)
        peak = int(out.split()[-1])
        return peak / 2**20 if sys.platform == "darwin" else peak / 1024

    def processes(self) -> list[str]:
        """Return the names of the programs that it runs, itself first; [] where there is no strace."""
        if not shutil.which("strace"):
            return []
        self.before()
        trace = self.cwd / f"trace-{os.getpid()}"
        command = ["strace", "-f", "-qq", "-e", "trace=execve", "-o", str(trace), *self.command]
        self._run(command)
        lines = [line for line in trace.read_text().splitlines() if line.endswith("= 0")]
        return [os.path.basename(line.split('"')[1]) for line in lines]


def in_turns(runs: Sequence[Run], rounds: int) -> list[list[float]]:
    """Return the samples of each run in seconds, taken in turns after one round that does not count."""
    samples: list[list[float]] = [[] for _ in runs]
    for number in range(rounds + 1):
        for run, taken in zip(runs, samples, strict=True):
            seconds = run.seconds()
            if number:
                taken.append(seconds)
    return samples


def ratio(ours: list[float], reference: list[float]) -> float:
    """Return how many times as long ours takes: the median over the rounds, so that load cancels out."""
    return median(mine / theirs for mine, theirs in zip(ours, reference, strict=True))


def ms(samples: list[float]) -> str:
    """Return the median in milliseconds."""
    return f"{median(samples) * 1000:.1f} ms"


@dataclass(frozen=True)
class Row:
    """One line of the report. ok: whether the target is met, None where there is none."""

    what: str
    figure: str
    reference: str = ""
    ratio: str = ""
    target: str = ""
    ok: bool | None = None

    def __str__(self) -> str:
        verdict = {True: "ok", False: "OVER", None: ""}[self.ok]
        head = f"{self.what:<44} {self.figure:>10}  {self.reference:>18} {self.ratio:>7}"
        return f"{head}  {self.target:<10} {verdict}".rstrip()
