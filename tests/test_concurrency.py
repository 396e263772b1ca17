"""Many at once: agents that flag during drains, two drains, a flag while every lock is held."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

import pytest

from commonplace import queue, worktree
from commonplace.place import Place
from tests.ledger_check import check_entries, check_repository
from tests.memory import Memory

HOLD = """
import sys
from commonplace.lock import Lock
from commonplace.place import at
with Lock(at(sys.argv[1]), "a drain"):
    print("held", flush=True)
    sys.stdin.read()
"""


def hold_lock(memory: Memory) -> "subprocess.Popen[bytes]":
    """Return a process that holds the lock until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(memory.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    return process


def test_a_hundred_processes_flag_at_once_during_drains(memory: Memory) -> None:
    texts = [f"Fact number {number} of the crowd" for number in range(100)]
    with ThreadPoolExecutor(20) as crowd:
        asked = [crowd.submit(memory.flag, text, "--topic", f"t{i % 4}") for i, text in enumerate(texts)]
        drains = 0
        while drains < 3 or not all(future.done() for future in asked):
            memory.run("drain")
            drains += 1
    said = {future.result(): text for future, text in zip(asked, texts, strict=True)}
    assert len(said) == len(texts)
    check_entries(memory, said)
    memory.run("drain")
    check_entries(memory, said, all_drained=True)
    check_repository(memory)
    assert memory.out("boot") == ""


def test_of_two_drains_the_second_says_who_holds_the_lock_and_leaves(memory: Memory) -> None:
    entry_id = memory.flag("Only one may drain")
    holder = hold_lock(memory)
    refused = memory.run("drain", code=1)
    assert f"a drain holds the lock (process {holder.pid}, for " in refused.stderr
    assert "nothing was changed" in refused.stderr
    assert memory.subjects() == ["init: a memory repository"]
    holder.communicate()
    memory.run("drain")
    check_entries(memory, {entry_id: "Only one may drain"}, all_drained=True)


def test_drains_started_together_drain_each_entry_once(memory: Memory) -> None:
    said = {memory.flag(f"Fact {number} for all"): f"Fact {number} for all" for number in range(5)}
    drains = [
        subprocess.Popen(
            [sys.executable, "-m", "commonplace", "drain"],
            cwd=memory.root, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )
        for _ in range(4)
    ]  # fmt: skip
    codes = {process.wait() for process in drains if process.communicate()}
    assert codes <= {0, 1}
    assert 0 in codes
    check_entries(memory, said, all_drained=True)
    check_repository(memory)


def test_a_flag_waits_for_no_lock(memory: Memory) -> None:
    holder = hold_lock(memory)
    (memory.root / ".git" / "index.lock").write_bytes(b"")
    entry_id = memory.flag("Nothing holds me up", "--session", "s1")
    assert memory.queue() == [f"{entry_id}.flag.md"]
    assert holder.poll() is None
    holder.communicate()


def test_a_drain_waits_for_another_as_long_as_it_is_told(memory: Memory) -> None:
    memory.flag("Patience")
    holder = hold_lock(memory)
    waiting = subprocess.Popen(
        [sys.executable, "-m", "commonplace", "drain", "--wait", "60", "--quiet"],
        cwd=memory.root, env=dict(os.environ),
    )  # fmt: skip
    holder.communicate()
    assert waiting.wait() == 0
    assert memory.queue() == []


def test_a_file_that_is_taken_away_while_a_folder_is_listed_is_no_fault(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Place(str(memory.root), str(memory.root / ".git"))
    memory.flag("one")
    memory.write("memory/user/deploy.md", "# Deploy\n")
    scandir = os.scandir

    def listed_then_gone(folder: str) -> Any:
        with scandir(folder) as items:
            found = list(items)
        for item in found:
            if item.name.endswith(("flag.md", "deploy.md")):
                os.unlink(item.path)
        return nullcontext(found)

    monkeypatch.setattr(os, "scandir", listed_then_gone)
    assert queue.listing(here).names == []
    assert worktree.scan(here)[1] == []
