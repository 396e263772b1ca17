"""Cutting the queue into packets, bounded, with what is over the ceiling left for the next drain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from commonplace.drain.given import Given
from commonplace.drain.packets import Packet
from commonplace.drain.sorting import Sorted
from commonplace.drain.targets import Target, start, target_path
from commonplace.entry import Entry
from commonplace.memory.pages import Page
from commonplace.memory.topics import topic_of
from commonplace.memory.words import normal, significant

MOST_ENTRIES = 40
"""Entries in one packet; a topic with more is cut into several."""

MOST_PAGE = 24_000
"""Characters of a page in one packet; of a longer one the facts nearest to the entries go along."""


@dataclass(frozen=True)
class Ceiling:
    """What one drain may send: packets, and characters in all."""

    packets: int
    chars: int


def packets(given: Given, found: Sorted, edits: Mapping[str, str]) -> Iterator[Packet]:
    """Yield the packets of a drain that are worth a worker's while.

    Entries that only repeat what a page says are left to the built-in consolidator. `edits` are the
    person's own changes since the last drain, by path, as diffs.
    """
    neighbours = _neighbours(given)
    for topic, entries in found.topics.items():
        page = given.pages.get(topic.path, "")
        facts = Page(page).facts
        said = {normal(fact.text) for fact in facts.values()}
        fresh = [entry for entry in entries if normal(entry.text) not in said]
        for part in _parts(fresh):
            yield Packet(
                "topic", topic.page_name, _nearest(page, part), tuple(part),
                tuple(n for n in neighbours.get(topic.scope, ()) if n != topic.name),
                edits.get(topic.path, ""), _turned_down(given, f"memory/{topic.page_name}"), tuple(facts),
            )  # fmt: skip
    for target, entries in found.targets.items():
        page = start(target, given.targets.get(target, Target(None)))
        for part in _parts(entries):
            yield Packet(
                "target", target, page, tuple(part), (),
                edits.get(target_path(target), ""), _turned_down(given, target), tuple(Page(page).facts),
            )  # fmt: skip


def _turned_down(given: Given, target: str) -> tuple[str, ...]:
    return tuple(sorted(text for held, text in given.rejected if held == target))


def _neighbours(given: Given) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in given.pages:
        topic = topic_of(path)
        if topic:
            found.setdefault(topic.scope, []).append(topic.name)
    return found


def _parts(entries: list[Entry]) -> Iterator[list[Entry]]:
    for begin in range(0, len(entries), MOST_ENTRIES):
        yield entries[begin : begin + MOST_ENTRIES]


def _nearest(page: str, entries: list[Entry]) -> str:
    """Return a page whole, or, of a long one, its head and the facts that share most with the entries."""
    if len(page) <= MOST_PAGE:
        return page
    words = set().union(*(significant(entry.text) for entry in entries))
    lines = page.split("\n")
    ranked = sorted(Page(page).facts.values(), key=lambda fact: -len(words & significant(fact.text)))
    kept: set[int] = set()
    size = 0
    for fact in ranked:
        size += sum(len(line) + 1 for line in lines[fact.start : fact.end])
        if size > MOST_PAGE:
            break
        kept.update(range(fact.start, fact.end))
    heads = (number for number, line in enumerate(lines) if line.startswith("#"))
    return "\n".join(lines[number] for number in sorted({*kept, *heads}))


class Sendable(NamedTuple):
    """The packets to send, those that wait for the next drain, and those too large for any."""

    sent: list[Packet]
    waits: list[Packet]
    too_large: list[Packet]


def within(cut: list[Packet], ceiling: Ceiling, prompt_size: int) -> Sendable:
    """Return what a ceiling lets through; the oldest entries go first."""
    sent: list[Packet] = []
    waits: list[Packet] = []
    too_large: list[Packet] = []
    chars = 0
    for packet in sorted(cut, key=lambda packet: packet.entries[0].id):
        size = len(packet.to_json()) + prompt_size
        if size > ceiling.chars:
            too_large.append(packet)
        elif len(sent) < ceiling.packets and chars + size <= ceiling.chars:
            sent.append(packet)
            chars += size
        else:
            waits.append(packet)
    return Sendable(sent, waits, too_large)
