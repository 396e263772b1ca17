"""The torture, in short: kills, failing system calls, a crowd; `make torture` goes on longer."""

import pytest

from tests.memory import Memory
from tests.torture import crash, crowd, faults
from tests.torture.desk import Desk


@pytest.fixture
def desk(memory: Memory) -> Desk:
    memory.config("[accept]\nfrom_agents = true\n")
    return Desk(memory, seed=20261120)


def test_commands_killed_at_random_instants_lose_and_double_nothing(desk: Desk) -> None:
    tried = crash.torture(desk, 30)
    assert sum(number for name, number in tried.items() if name.endswith(" killed")) > 5
    assert desk.said


def test_a_disk_that_fails_at_any_call_loses_nothing_and_the_next_command_needs_no_help(desk: Desk) -> None:
    tried = faults.torture(desk, most=9)
    assert sum(tried.values()) == 64
    assert desk.said


def test_a_clock_that_jumps_loses_nothing(desk: Desk) -> None:
    faults.jumps(desk, 6)


def test_a_crowd_loses_and_doubles_nothing(desk: Desk) -> None:
    tried, waits = crowd.torture(desk, workers=8, seconds=3)
    assert tried["flag"] > 3
    assert tried["drain"] > 0
    assert len(waits) == len(desk.said)
