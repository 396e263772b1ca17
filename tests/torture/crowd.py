"""A crowd: many processes flag, drain, accept, look and reject at once."""

import threading
import time
from collections import Counter
from statistics import median

from tests.torture.desk import BUG, Desk, proposals

PATIENCE = 1.0
"""Seconds within which every flag must be done, beyond what starting a process costs in the crowd."""


def torture(desk: Desk, workers: int, seconds: float) -> tuple[Counter[str], list[float]]:
    """Let so many threads run commands for so long; return (verbs run, seconds that each flag took)."""
    until = time.monotonic() + seconds
    tried: Counter[str] = Counter()
    waits: list[float] = []
    odd: list[str] = []
    guard = threading.Lock()

    def work(number: int) -> None:
        while time.monotonic() < until and not odd:
            with guard:
                arguments = _next(desk, number)
            began = time.monotonic()
            process = desk.call(*arguments)
            out, err = process.communicate()
            took = time.monotonic() - began
            with guard:
                tried[arguments[0]] += 1
                if process.returncode == BUG or "Traceback" in err:
                    odd.append(f"{arguments}: {err}")
                if arguments[0] in ("flag", "self-eval"):
                    waits.append(took)
                    if process.returncode:
                        odd.append(f"{arguments}: {err}")
                    desk.acknowledge(arguments, out)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 60)
        assert not thread.is_alive(), "a command hangs"
    assert not odd, odd[0]
    desk.memory.run("drain", "--wait", "30")
    desk.check()
    return tried, sorted(waits)


def _next(desk: Desk, number: int) -> tuple[str, ...]:
    """Return what one of the crowd does next: most flag, some drain, few decide."""
    kind = number % 8
    if kind < 5:
        return desk.new_flag() if desk.chance.random() < 0.8 else desk.new_self_eval()
    if kind == 5:
        return ("drain", "--quiet", "--wait", str(desk.chance.choice((0, 1))))
    open_ones = proposals(desk.memory)
    if kind == 6 and open_ones:
        chosen = desk.chance.choice(open_ones)
        return desk.chance.choice([("accept", chosen), ("reject", chosen, "--because", "no")])
    looks = ("boot", "status", "log", "review", "doctor", "mine")
    return desk.chance.choice([*((verb,) for verb in looks), ("recall", "note"), ("audit", "verify")])


def described(waits: list[float]) -> str:
    """Return how long flags took."""
    return f"{len(waits)} flags: median {median(waits) * 1000:.0f} ms, slowest {waits[-1] * 1000:.0f} ms"
