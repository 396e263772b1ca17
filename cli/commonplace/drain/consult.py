"""Consulting a worker: which packets go out, what came back, and what the gate made of it.

What fails or is refused costs nobody anything but itself: those entries are left to the built-in
consolidator, and the report says so.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from commonplace.drain import gate, presets
from commonplace.drain.cutting import Ceiling, packets, within
from commonplace.drain.gate import Refusal
from commonplace.drain.given import Given
from commonplace.drain.operations import Operation
from commonplace.drain.packets import Packet
from commonplace.drain.prompts import renderer
from commonplace.drain.replies import FORMS
from commonplace.drain.sorting import Sorted
from commonplace.drain.votes import vote
from commonplace.drain.workers import Answer, Worker, fan_out
from commonplace.errors import UsageError
from commonplace.place import Place
from commonplace.settings import Settings
from commonplace.text import count

BUILTIN = "builtin"


@dataclass
class Consultation:
    """What a worker was asked, and what became of it.

    answers: name of a packet → operations that passed · failures: (packet, why) · refused: by the gate ·
    waits: entries over the ceiling, which stay in the queue · calls, tokens and cost, as reported.
    """

    worker: str
    answers: dict[str, list[Operation]] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    waits: frozenset[str] = frozenset()
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None

    @property
    def trailers(self) -> list[tuple[str, str]]:
        """Return what the drain's commit says of the worker."""
        cost = "" if self.cost is None else f"{self.cost:.6f}"
        fallen = {i for refusal in self.refused for i in refusal.sources}
        return [
            ("Worker", self.worker),
            ("Worker-Calls", str(self.calls) if self.calls else ""),
            ("Tokens-In", str(self.tokens_in) if self.tokens_in else ""),
            ("Tokens-Out", str(self.tokens_out) if self.tokens_out else ""),
            ("Cost-USD", cost),
            ("Refused", str(len(fallen)) if fallen else ""),
            ("Failed-Packets", str(len(self.failures)) if self.failures else ""),
        ]


def chosen(name: str, settings: Settings, environ: Mapping[str, str]) -> Worker | None:
    """Return the worker of that name: the person's own, else a preset; None for the built-in one."""
    if name == BUILTIN:
        return None
    table = settings.worker(name)
    if table and table["command"]:
        if table["answer"] not in FORMS:
            raise UsageError(f"workers.{name}.answer is unknown", f"use one of {', '.join(FORMS)}")
        return Worker(
            name,
            str(table["command"]),
            input="packet" if table["input"] == "packet" else "prompt",
            answer=str(table["answer"]),
            timeout=float(table["timeout"]),
            environment=tuple(str(table["environment"]).split()),
        )
    preset, _, model = name.partition(":")
    if preset not in presets.PRESETS:
        known = ", ".join((BUILTIN, *presets.PRESETS))
        raise UsageError(
            f"{name!r} is no worker", f"use one of {known}, or set workers.{name}.command in your config.toml"
        )
    return presets.PRESETS[preset](model, environ)


def planned(
    place: Place, settings: Settings, given: Given, found: Sorted, edits: Mapping[str, str]
) -> tuple[list[Packet], list[Packet]]:
    """Return (the packets that would be sent, those over the ceiling)."""
    size = len(renderer(place)(_EMPTY, ""))
    ceiling = Ceiling(settings.number("drain.max_packets"), settings.number("drain.max_chars"))
    return within(list(packets(given, found, edits)), ceiling, size)


_EMPTY = Packet("topic", "", "", ())


def consult(
    place: Place,
    worker: Worker,
    jobs: int,
    votes: int,
    sent: list[Packet],
    environ: Mapping[str, str],
    told: Callable[[str], None],
) -> Consultation:
    """Ask the worker about every packet, and let through the gate what may pass.

    With several votes each packet is asked about as often, and only what a majority says counts.
    """
    held = Consultation(worker.name)
    done = 0

    def heard(packet: Packet, _: Answer) -> None:
        nonlocal done
        done += 1
        told(f"{worker.name}: {done} of {count(len(sent) * votes, 'answer')} ({packet.name})")

    rounds = [
        fan_out(
            sent,
            worker,
            jobs,
            cache_folder=place.inside("answers"),
            environ=environ,
            render_prompt=renderer(place),
            told=heard,
            ballot=ballot,
        )
        for ballot in range(votes)
    ]
    for packet in sent:
        _take(held, packet, [answers[packet.key] for answers in rounds])
    return held


def _take(held: Consultation, packet: Packet, ballots: list[Answer]) -> None:
    for answer in ballots:
        held.calls += 0 if answer.from_cache else answer.tries
        held.tokens_in += answer.tokens_in
        held.tokens_out += answer.tokens_out
        if answer.cost is not None:
            held.cost = (held.cost or 0.0) + answer.cost
    failed = next((answer for answer in ballots if answer.operations is None), None)
    if failed and len(ballots) == 1:
        held.failures.append((packet.name, failed.failure))
        return
    agreed, disputed = vote(ballots)
    settled = {entry_id for operation in agreed for entry_id in operation.sources}
    for operation in disputed:
        if not settled.issuperset(operation.sources):
            held.refused.append(Refusal(operation.sources, "the votes disagree", operation))
    verdict = gate.check(packet, agreed, gate.Limits())
    held.refused += verdict.refused
    held.answers.setdefault(packet.name, []).extend(verdict.accepted)
