"""What hooks cost: one event, and a whole session of a host."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from commonplace.hosts import layouts
from commonplace.hosts.connection import command
from tests.bench.measure import Row, Run, in_turns, ms, ratio
from tests.bench.repositories import Scratch, with_history

BARE = [sys.executable, "-c", "pass"]
SCRIPT = Path(sys.executable).parent / "commonplace"
PROGRAM = str(SCRIPT) if SCRIPT.exists() else f"{sys.executable} -m commonplace"
HOT = 2.5
CALLS = 100
"""Calls of tools in the session that is measured; every tenth is a commit."""


def payload(event: str, folder: Path, **more: Any) -> bytes:
    """Return what Claude Code hands to a hook: a payload of the size that is usual."""
    log = folder / "session.jsonl"
    log.touch()
    common = {
        "session_id": "1c8a0750-ce8e-4899-875a-92b6cdc86faf",
        "transcript_path": str(log),
        "cwd": str(folder),
        "permission_mode": "default",
        "hook_event_name": event,
    }
    return json.dumps({**common, **more}).encode()


def shell(folder: Path, command: str) -> bytes:
    """Return the payload of a shell tool's call, with 4 kB of output."""
    answer = {"stdout": "line of output\n" * 270, "stderr": "", "interrupted": False}
    said = {"command": command, "description": "a step"}
    return payload("PostToolUse", folder, tool_name="Bash", tool_input=said, tool_response=answer)


def hook(scratch: Scratch) -> Iterator[Row]:
    """One event each: a silent boot, a prompt, a commit that asks for flags."""
    root = with_history(scratch, "hook", 2000)
    env = {**scratch.env, "COMMONPLACE_REPO": str(root), "CLAUDE_PID": str(os.getpid())}
    start = PROGRAM.split(" ")
    events = {
        "SessionStart": payload("SessionStart", scratch.folder, source="startup"),
        "UserPromptSubmit": payload("UserPromptSubmit", scratch.folder, prompt="and now the tests"),
        "PostToolUse": shell(scratch.folder, "git commit -m x"),
        "Stop": payload("Stop", scratch.folder, stop_hook_active=False),
    }
    runs = [
        Run([*start, "hook", "claude-code", event], scratch.folder, env, stdin=data)
        for event, data in events.items()
    ]
    bare, *samples = in_turns([Run(BARE, scratch.folder, env), *runs], 30)
    for event, taken in zip(events, samples, strict=True):
        times = ratio(taken, bare)
        yield Row(
            f"hook {event}", ms(taken), f"bare {ms(bare)}", f"{times:.2f} x", f"<= {HOT} x", times <= HOT
        )


def session(scratch: Scratch) -> Iterator[Row]:
    """All hook events of a session with 100 calls of tools, against the same with /bin/true as the hook."""
    root = with_history(scratch, "session", 100)
    env = {**scratch.env, "COMMONPLACE_REPO": str(root), "CLAUDE_PID": str(os.getpid())}
    ours, nothing = [], []
    for _ in range(5):
        ours.append(_session(scratch.folder, env, true=False))
        nothing.append(_session(scratch.folder, env, true=True))
    times, true_times = ([seconds for seconds, _ in taken] for taken in (ours, nothing))
    more = median(a - b for a, b in zip(times, true_times, strict=True))
    yield Row(f"hooks of a session, {CALLS} calls of tools", f"{median(times):.2f} s",
              f"/bin/true {median(true_times):.2f} s", f"{ratio(times, true_times):.1f} x")  # fmt: skip
    yield Row("the same, what a call of a tool costs more", f"{more / CALLS * 1000:.1f} ms")
    forks, true_forks = (min(forks for _, forks in taken) for taken in (ours, nothing))
    yield Row("the same, forks (of the whole system)", str(forks), f"/bin/true {true_forks}")


def _forks() -> int:
    """Return how many processes the system has started, 0 where it does not say (not on Linux)."""
    try:
        lines = Path("/proc/stat").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("processes ")), 0)


def _session(folder: Path, env: dict[str, str], *, true: bool) -> tuple[float, int]:
    """Return the seconds and forks that hooks take; the host starts each by a shell, one by one."""
    hooks = {(hook.event, hook.matcher): hook for hook in layouts.HOOKS["claude-code"]}

    def fire(event: str, data: bytes, matcher: str = "") -> None:
        known = hooks[event, matcher]
        call = "/bin/true" if true else command(PROGRAM, "claude-code", known)
        subprocess.run(["sh", "-c", call], input=data, cwd=folder, env=env, capture_output=True, check=True)

    began, forks = time.perf_counter(), _forks()
    fire("SessionStart", payload("SessionStart", folder, source="startup"))
    for number in range(CALLS):
        if number % 10 == 0:
            fire("UserPromptSubmit", payload("UserPromptSubmit", folder, prompt="go on"))
        if number % 10 == 9:  # the host's own condition lets nothing else through
            fire("PostToolUse", shell(folder, "git add -A && git commit -m step"), "Bash")
            fire("Stop", payload("Stop", folder, stop_hook_active=False))
    fire("SessionEnd", payload("SessionEnd", folder, reason="other"))
    return time.perf_counter() - began, _forks() - forks
