"""Crashes: real processes, killed by SIGKILL at random instants, alone or with all they started."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable

from tests.torture.desk import BUG, Desk, drains, proposals

Arguments = tuple[str, ...]


def torture(desk: Desk, rounds: int, told: Callable[[str], None] = lambda _: None) -> Counter[str]:
    """Run and kill commands; return how often which verb was run, and how often it was killed in time."""
    tried: Counter[str] = Counter()
    usual: dict[str, float] = {}
    for number in range(rounds):
        arguments = _next(desk)
        verb = arguments[0]
        spared = verb not in usual or desk.chance.random() < 0.2
        began = time.monotonic()
        process = desk.call(*arguments)
        if not spared:
            time.sleep(desk.chance.uniform(0, usual[verb] * 1.1))
            _kill(process.pid, group=desk.chance.random() < 0.5)
        out, err = process.communicate()
        if spared:
            usual[verb] = time.monotonic() - began
        assert process.returncode != BUG, (arguments, err)
        assert "Traceback" not in err, (arguments, err)
        desk.acknowledge(arguments, out)
        tried[verb] += 1
        tried[f"{verb} killed"] += process.returncode == -signal.SIGKILL
        _wait_for_the_orphans(desk)
        desk.settle()
        if number % 10 == 9:
            desk.check()
            desk.memory.run("audit", "verify")  # 0: all is well
            told(f"{number + 1} of {rounds} rounds, {len(desk.said)} entries acknowledged")
    desk.check()
    return tried


def _next(desk: Desk) -> Arguments:
    """Return the next command: mostly flags and drains, and what can be done to what they made."""
    open_ones, done = proposals(desk.memory), drains(desk.memory)
    may: list[Arguments] = [desk.new_flag() for _ in range(5)]
    may += [desk.new_self_eval(), ("drain",), ("drain",), ("drain",), ("queue", "release", "--all")]
    may += [("install", "claude-code"), ("uninstall", "claude-code"), ("boundary", "end", "--session", "s1")]
    may += [("mine", "--json"), ("recall", "note")] if _has_recall() else []
    may += [("accept", desk.chance.choice(open_ones))] * 2 if open_ones else []
    may += [("reject", desk.chance.choice(open_ones), "--because", "no")] if open_ones else []
    may += [("undo", desk.chance.choice(done[:3]))] if done else []
    may += [("audit", "verify"), ("forget", "--entry", desk.chance.choice(list(desk.said)))] if done else []
    return desk.chance.choice(may)


def _has_recall() -> bool:
    from importlib.util import find_spec

    return find_spec("commonplace.recall") is not None


def _kill(pid: int, *, group: bool) -> None:
    """Kill a process, and with `group` all that it has started, as a reset does."""
    try:
        os.killpg(pid, signal.SIGKILL) if group else os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _wait_for_the_orphans(desk: Desk) -> None:
    """Wait for git processes that outlived their drain, and for a drain that an end has started."""
    until = time.monotonic() + 30
    mark = str(desk.memory.root).encode()
    while any(mark in line for line in _commands()):
        assert time.monotonic() < until, "a process does not end"
        time.sleep(0.01)


def _commands() -> list[bytes]:
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc") else []:
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    found.append(file.read())
            except OSError:
                continue
    return found
