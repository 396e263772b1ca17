"""A drain that is asked to end takes its workers along, loses nothing, and says so at the next boot."""

import os
import signal
import subprocess
import sys

import pytest

from tests.memory import Memory, wait_until
from tests.test_workers import gone

HANGS = """
import os, subprocess, sys
from pathlib import Path
child = subprocess.Popen(["sleep", "600"])
note = Path(__file__).with_name(f"new-{os.getpid()}")
note.write_text(f"{os.getpid()} {child.pid}")
note.rename(note.with_name(f"pid-{os.getpid()}"))
child.wait()
"""


@pytest.fixture
def busy(memory: Memory) -> Memory:
    """Return a memory in whose queue three entries wait for a worker that never answers."""
    (memory.scratch / "worker.py").write_text(HANGS)
    worker = f'[workers.mine]\ncommand = "{sys.executable} -S {memory.scratch}/worker.py"\n'
    memory.config(f'[drain]\nworker = "mine"\njobs = 2\n{worker}')
    for topic in ("one", "two", "three"):
        memory.flag(f"A fact about {topic}", "--topic", topic)
    return memory


def pids(memory: Memory) -> list[str]:
    """Return the processes of the workers that have begun, and those of their own."""
    return " ".join(path.read_text() for path in memory.scratch.glob("pid-*")).split()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_drain_that_is_asked_to_end_takes_its_workers_along_and_loses_nothing(
    number: signal.Signals, busy: Memory
) -> None:
    before = {name: busy.read(f"queue/{name}") for name in busy.queue()}
    head = busy.git("rev-parse", "HEAD")
    command = [sys.executable, "-m", "commonplace", "drain"]
    process = subprocess.Popen(command, cwd=busy.root, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(pids(busy)) == 4 or process.poll() is not None)

    process.send_signal(number)
    _, said = process.communicate(timeout=30)

    assert process.returncode == 128 + number
    assert "nothing is lost" in said
    assert "Traceback" not in said
    assert len(pids(busy)) == 4
    wait_until(lambda: all(map(gone, pids(busy))))
    assert not list(busy.scratch.glob("commonplace-*"))
    assert {name: busy.read(f"queue/{name}") for name in busy.queue()} == before
    assert busy.git("rev-parse", "HEAD") == head
    assert busy.json("drain", "--worker", "builtin")["flags"] == 3  # the lock is free


@pytest.mark.parametrize(
    ("number", "why"), [(signal.SIGTERM, " (ended by SIGTERM; nothing is lost)"), (signal.SIGKILL, "")]
)
def test_a_close_that_was_ended_is_told_at_the_next_boot(
    number: signal.Signals, why: str, busy: Memory
) -> None:
    busy.run("boundary", "boot", "--session", "s1")
    busy.run("boundary", "end", "--session", "s1")
    wait_until(lambda: len(pids(busy)) == 4)
    drain = (busy.root / ".git/commonplace/closing").read_text().split(" ")[1]

    os.kill(int(drain), number)

    wait_until(lambda: gone(drain))
    (found,) = (f for f in busy.json("boot", code=None) if f["kind"] == "drain")
    assert found["message"].startswith("the drain started at the end of session s1 ")
    assert found["message"].endswith(f" ago did not finish{why}")
    assert len(busy.queue()) == 3
    for pid in pids(busy) if number == signal.SIGKILL else ():
        os.kill(int(pid), signal.SIGKILL)
    wait_until(lambda: all(map(gone, pids(busy))))


def test_a_signal_that_nohup_ignores_ends_no_drain(memory: Memory) -> None:
    script = (
        "import os, signal\n"
        "from commonplace.ending import orderly\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with orderly():\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "print('lives')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "lives\n"
