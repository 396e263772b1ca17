"""What a worker's drain costs: fan-out against serial, the gate, and a worker that answers at once."""

import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from commonplace.drain.gate import Limits, check
from commonplace.drain.operations import Operation
from commonplace.drain.packets import Packet
from commonplace.memory.pages import Page, bullet
from tests.bench.measure import Row, Run, in_turns, ms
from tests.bench.repositories import BEGAN, Scratch, entry, sentence, with_queue

HONEST = """
import json, sys, time
packet = json.load(sys.stdin)
time.sleep({seconds})
made = [{{"op": "add", "text": e["text"], "sources": [e["id"]]}} for e in packet["entries"]]
print(json.dumps({{"operations": made}}))
"""


def _worker(scratch: Scratch, seconds: float) -> list[str]:
    """Set up a worker that files what it is given after so many seconds; return its command."""
    script = scratch.folder / "worker.py"
    script.write_text(HONEST.format(seconds=seconds))
    command = [sys.executable, "-I", "-S", str(script)]
    settings = scratch.folder / "home/.config/commonplace/config.toml"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(
        "[drain]\nmax_packets = 1000\nmax_calls = 1000\nmax_chars = 100000000\n"
        f'[workers.bench]\ncommand = "exec {" ".join(command)}"\ninput = "packet"\n'
    )
    return command


def _drain(scratch: Scratch, root: Path, *options: str) -> float:
    """Return how long a drain took; the queue is empty after it, and no packet failed."""
    began = time.perf_counter()
    said = scratch.commonplace("drain", "--repo", str(root), *options)
    taken = time.perf_counter() - began
    assert "filed as it was said" not in said, said
    assert not list((root / "queue").glob("*.md")), said
    return taken


def fan_out(scratch: Scratch) -> Iterator[Row]:
    """A drain of 8 packets with a worker that takes 1 s: four at a time, and one after the other."""
    taken = []
    for jobs in (4, 1):
        root = scratch.memory(f"fan-out-{jobs}")
        _worker(scratch, 1)
        for number in range(8):
            scratch.commonplace("flag", "--repo", str(root), "--topic", f"topic-{number}", f"Fact {number}.")
        taken.append(_drain(scratch, root, "--worker", "bench", "--jobs", str(jobs)))
    four, one = taken
    yield Row("drain of 8 packets, a worker of 1 s, 4 jobs", f"{four:.2f} s", f"1 job {one:.2f} s",
              f"{one / four:.1f} x", "<= 3 s", four <= 3)  # fmt: skip


def gate(_: Scratch) -> Iterator[Row]:
    """The gate's own time, within this process: 1,000 operations on pages of 100 facts, 40 a packet."""
    chance = random.Random(4)
    packets = [_packet(chance, number) for number in range(25)]
    asked = [(packet, _operations(chance, packet)) for packet in packets]
    taken = []
    for _round in range(5):
        began = time.perf_counter()
        verdicts = [check(packet, operations, Limits()) for packet, operations in asked]
        taken.append(time.perf_counter() - began)
    passed = sum(len(verdict.accepted) for verdict in verdicts)
    yield Row("gate: 1,000 operations", ms(taken), f"{passed} passed", "", "< 1 s", median(taken) < 1)


def _packet(chance: random.Random, number: int) -> Packet:
    facts = [f"{number:03d}{fact:07d}" for fact in range(100)]
    lines = [line for fact in facts for line in bullet(sentence(chance), fact)]
    page = "# Work\n\n## Facts\n" + "\n".join(lines) + "\n"
    entries = tuple(entry(chance, BEGAN + number * 40 + n, "work", sentence(chance)) for n in range(40))
    return Packet("topic", "user/work", page, entries, facts=tuple(facts))


def _operations(chance: random.Random, packet: Packet) -> list[Operation]:
    """Return an operation an entry: added as it was said, or reworded, or said anew of a fact."""
    made = []
    facts = Page(packet.page).facts
    for number, each in enumerate(packet.entries):
        first, _, second = each.text.partition(", and ")
        if chance.random() < 1 / 3:
            fact = packet.facts[number]
            text = f"{facts[fact].text}, and it also {second}"
            made.append(Operation("update", (each.id,), fact=fact, text=text))
        else:
            text = chance.choice([each.text, f"{first}; it also {second}", f"Note that {each.text}"])
            made.append(Operation("add", (each.id,), text=text))
    return made


def instant(scratch: Scratch) -> Iterator[Row]:
    """A drain of 1,000 entries in 50 topics, with a worker that answers at once and with none."""
    command = _worker(scratch, 0)
    ours: list[float] = []
    builtin: list[float] = []
    for number in range(3):
        for worker, samples in (("bench", ours), ("builtin", builtin)):
            root = with_queue(scratch, f"instant-{worker}-{number}", 1000, 50)
            samples.append(_drain(scratch, root, "--worker", worker))
    (starts,) = in_turns([Run(command, scratch.folder, scratch.env, stdin=b'{"entries": []}')], 10)
    yield Row("drain of 1,000 flags in 50 topics, a worker", f"{median(ours):.2f} s",
              f"builtin {median(builtin):.2f} s", f"{median(ours) / median(builtin):.1f} x",
              "<= 5 x", median(ours) <= 5 * median(builtin))  # fmt: skip
    yield Row("of which 50 starts of the worker, one by one", f"{50 * median(starts):.2f} s")
