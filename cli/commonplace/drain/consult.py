"""Consulting a worker: which packets go out, what came back, and what the gate made of it.

What fails or is refused costs nobody anything but itself: those entries are left to the built-in
consolidator, and the report says so. So are those that several votes disagree about; what the most of them
said is then offered as a proposal on the page.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Semaphore

from commonplace.drain import gate, presets
from commonplace.drain.cutting import Ceiling, Sendable, packets, within
from commonplace.drain.gate import Refusal
from commonplace.drain.given import Given
from commonplace.drain.operations import Operation
from commonplace.drain.packets import Packet
from commonplace.drain.prompts import renderer
from commonplace.drain.replies import FORMS
from commonplace.drain.sorting import Sorted
from commonplace.drain.votes import Disputed, claim, voices, vote
from commonplace.drain.workers import Answer, Worker, fan_out
from commonplace.errors import UsageError
from commonplace.place import Place
from commonplace.settings import Settings
from commonplace.text import count

BUILTIN = "builtin"


@dataclass
class Consultation:
    """What workers were asked, and what became of it.

    worker: their names · votes: how many answers to each packet were asked for · answers: name of a packet →
    operations that passed · disputed: the same for those to be offered to a person · failures: (packet,
    why) · refused: by the gate · notes: of the voting · waits: entries over the ceiling, which stay in the
    queue · calls, tokens and cost, as reported.
    """

    worker: str
    votes: int = 1
    answers: dict[str, list[Operation]] = field(default_factory=dict)
    disputed: dict[str, list[Disputed]] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    waits: frozenset[str] = frozenset()
    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost: float | None = None

    def add(self, earlier: "Consultation") -> None:
        """Add what was paid in the same drain before it had to plan again: those answers are kept."""
        self.calls += earlier.calls
        self.tokens_in += earlier.tokens_in
        self.tokens_out += earlier.tokens_out
        if earlier.cost is not None:
            self.cost = (self.cost or 0.0) + earlier.cost

    @property
    def trailers(self) -> list[tuple[str, str]]:
        """Return what the drain's commit says of the worker."""
        cost = "" if self.cost is None else f"{self.cost:.6f}"
        fallen = {i for refusal in self.refused for i in refusal.sources}
        return [
            ("Worker", self.worker),
            ("Votes", str(self.votes) if self.votes > 1 else ""),
            ("Worker-Calls", str(self.calls) if self.calls else ""),
            ("Tokens-In", str(self.tokens_in) if self.tokens_in else ""),
            ("Tokens-Out", str(self.tokens_out) if self.tokens_out else ""),
            ("Cost-USD", cost),
            ("Refused", str(len(fallen)) if fallen else ""),
            ("Failed-Packets", str(len(self.failures)) if self.failures else ""),
        ]


def voters(names: str, settings: Settings, environ: Mapping[str, str]) -> list[Worker]:
    """Return the workers of the names, parted by commas: each has a vote; [] for the built-in one."""
    found = [chosen(name, settings, environ) for name in names.replace(",", " ").split() or [""]]
    workers = [worker for worker in found if worker]
    if workers and len(workers) < len(found):
        raise UsageError(f"{BUILTIN} has no vote: it rewords nothing", "name workers alone")
    return workers


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
    place: Place,
    settings: Settings,
    workers: Sequence[Worker],
    given: Given,
    found: Sorted,
    edits: Mapping[str, str],
) -> Sendable:
    """Return the packets that would be sent, and those over the ceiling."""
    size = len(renderer(place)(_EMPTY, ""))
    calls, each = settings.number("drain.max_calls"), max(settings.number("drain.votes"), len(workers))
    if calls < each:
        raise UsageError(f"drain.max_calls is {calls}, and a packet needs {each}", "raise drain.max_calls")
    most = min(settings.number("drain.max_packets"), calls // each)
    ceiling = Ceiling(most, settings.number("drain.max_chars"))
    return within(list(packets(given, found, edits)), ceiling, size)


_EMPTY = Packet("topic", "", "", ())


def consult(
    place: Place,
    workers: Sequence[Worker],
    jobs: int,
    votes: int,
    calls: int,
    sent: list[Packet],
    environ: Mapping[str, str],
    told: Callable[[str], None],
) -> Consultation:
    """Ask the workers about every packet, and let through the gate what may pass.

    With several votes each packet is asked about as often, of the workers in turn, each at least once;
    only what a majority says counts. calls: how many there may be in all; what is left once every packet
    has had its own is there for second tries.
    """
    ballots = [workers[number % len(workers)] for number in range(max(votes, len(workers)))]
    held = Consultation(",".join(worker.name for worker in workers), len(ballots))
    retries = Semaphore(max(0, calls - len(sent) * len(ballots)))
    done = 0

    def heard(packet: Packet, _: Answer) -> None:
        nonlocal done
        done += 1
        told(f"{held.worker}: {done} of {count(len(sent) * len(ballots), 'answer')} ({packet.name})")

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
            retries=retries,
        )
        for ballot, worker in enumerate(ballots)
    ]
    counted, held.notes = voices(ballots, rounds)
    for packet in sent:
        _count(held, packet, [(w.name, r[packet.key]) for w, r in zip(ballots, rounds, strict=True)])
        _take(held, packet, [answers[packet.key] for answers in counted])
    return held


def _count(held: Consultation, packet: Packet, answers: list[tuple[str, Answer]]) -> None:
    """Add up what the answers to a packet cost, and tell which failed."""
    for _, answer in answers:
        held.calls += 0 if answer.from_cache else answer.tries
        held.tokens_in += answer.tokens_in
        held.tokens_out += answer.tokens_out
        if answer.cost is not None:
            held.cost = (held.cost or 0.0) + answer.cost
    failed = [(name, answer.failure) for name, answer in answers if answer.operations is None]
    if len(failed) == len(answers):
        held.failures.append((packet.name, failed[0][1]))
    else:
        held.notes += [f"{name} has no vote on {packet.name}: {why}" for name, why in failed]


def _take(held: Consultation, packet: Packet, ballots: list[Answer]) -> None:
    if all(answer.operations is None for answer in ballots):
        return
    agreed, disputed = vote(ballots)
    settled = {entry_id for operation in agreed for entry_id in operation.sources}
    for each in disputed:
        if not settled.issuperset(each.operation.sources):
            held.refused.append(Refusal(each.operation.sources, "the votes disagree", each.operation))
    verdict = gate.check(packet, agreed, gate.Limits())
    held.refused += verdict.refused
    held.answers.setdefault(packet.name, []).extend(verdict.accepted)
    if packet.kind == "topic":
        touched = {operation.fact for operation in agreed} - {""}
        held.disputed.setdefault(packet.name, []).extend(_offered(packet, disputed, settled, touched))


def _offered(
    packet: Packet, disputed: Sequence[Disputed], settled: set[str], touched: set[str]
) -> list[Disputed]:
    """Return the disputed operations that may be offered: the gate lets each pass, and no two of them,
    nor one that was agreed on, touch the same entry or fact.
    """
    said = {entry.id: claim(Operation("add", (entry.id,), text=entry.text)) for entry in packet.entries}
    offered = []
    for each in disputed:
        as_it_was_said = claim(each.operation) in said.values()
        for operation in gate.check(packet, [each.operation], gate.Limits()).accepted:
            if as_it_was_said or operation.fact in touched or settled.intersection(operation.sources):
                continue
            settled.update(operation.sources)
            touched.update({operation.fact} - {""})
            offered.append(Disputed(operation, each.votes, each.of))
    return offered
