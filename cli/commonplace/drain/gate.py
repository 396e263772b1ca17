"""The gate: what of a worker's answer may enter memory, decided in code.

A model that consolidates unwatched invents, drops and rewrites. So each operation is held against the entries
that it cites and the text that it replaces; what does not stand there is refused, with a reason, and the
entries concerned fall back to the built-in consolidator, which rewords nothing. A false refusal costs
elegance; a false acceptance is a lie in memory: in doubt the gate refuses.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from commonplace.drain import instructions, polarity
from commonplace.drain.claims import Ground, missing
from commonplace.drain.keeping import roots, share, taken_out
from commonplace.drain.operations import Edit, Operation
from commonplace.drain.packets import Packet
from commonplace.entry import Entry
from commonplace.memory import hearsay
from commonplace.memory.pages import FENCES, SECTIONS, Page
from commonplace.text import one_line, visible

TRUSTED = ("user", "agent")
"""The origins of entries that may instruct a later reader, and reach a skill or a rule."""

_BLOCK_ID = re.compile(r"\^([0-9a-z]{10}(?:-[0-9]{1,5})?)[ \t]*$", re.MULTILINE | re.IGNORECASE)
_FENCE = re.compile(r"^[ \t]*---[ \t]*$", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]*#{1,6}(?:[ \t]|$)|^[ \t]*={3,}[ \t]*$", re.MULTILINE)
_SHOWN = 60


@dataclass(frozen=True)
class Limits:
    """How far one packet's operations may go.

    max_shrink: share of a page's text that they may take away, net · floor: characters that they may take
    away in any case, so that a small page can change · min_shared: share of a new text's words that must
    stand in its sources · min_kept: share of a fact's words that its update must still say, and half of it
    what supersedes the fact, or its sources · max_citations: citations for each entry of the packet, on
    average; an answer beyond it is noise and would make the gate slow.
    """

    max_shrink: float = 0.3
    floor: int = 240
    min_shared: float = 0.25
    min_kept: float = 0.33
    max_citations: int = 8


@dataclass(frozen=True)
class Refusal:
    """What was refused. sources: ids of the packet's entries concerned · reason: one sentence on one line."""

    sources: tuple[str, ...]
    reason: str
    operation: Operation | None = None


@dataclass(frozen=True)
class Verdict:
    """accepted, refused, and fallback: ids of the entries that no accepted operation accounts for."""

    accepted: tuple[Operation, ...]
    refused: tuple[Refusal, ...]
    fallback: tuple[str, ...]


def check(packet: Packet, operations: list[Operation], limits: Limits) -> Verdict:
    """Return which of a worker's operations may be applied to the packet's page or target."""
    return _Gate(packet, limits).check(operations)


class _Gate:
    """One packet's check: what it holds, and the operations that have passed so far."""

    def __init__(self, packet: Packet, limits: Limits) -> None:
        self.packet = packet
        self.limits = limits
        self.entries = {entry.id: entry for entry in packet.entries}
        self.facts = Page(packet.page).facts
        self.refused: list[Refusal] = []
        self.citations = limits.max_citations * max(1, len(self.entries))

    def check(self, operations: list[Operation]) -> Verdict:
        passed = self._without(operations, {at: self._fault(op) for at, op in enumerate(operations)})
        passed = [replace(op, text=visible(op.text)) for op in passed]
        for rule in (self._contradictions, self._overlapping, self._false_drops, self._shrinking):
            passed = self._without(passed, rule(passed))
        covered = {source for op in passed for source in op.sources}
        named = covered.union(*(refusal.sources for refusal in self.refused))
        for entry_id in self.entries:
            if entry_id not in named:
                self.refused.append(Refusal((entry_id,), f"entry {entry_id} was silently dropped"))
        fallback = tuple(entry_id for entry_id in self.entries if entry_id not in covered)
        return Verdict(tuple(passed), tuple(self.refused), fallback)

    def _without(self, operations: list[Operation], faults: dict[int, str]) -> list[Operation]:
        """Return the operations that have no fault; the others are refused."""
        passed = []
        for at, op in enumerate(operations):
            if reason := faults.get(at):
                mine = tuple(source for source in op.sources if source in self.entries)
                self.refused.append(Refusal(mine, one_line(reason), op))
            else:
                passed.append(op)
        return passed

    def _fault(self, op: Operation) -> str:
        """Return why an operation, looked at by itself, is refused, or ""."""
        last = self._bad_proposal if op.verb == "propose" else self._bad_text
        rules = (self._misplaced, self._miscited, self._unknown_fact, self._outranked, last, self._erasing)
        return next((reason for rule in rules if (reason := rule(op))), "")

    def _misplaced(self, op: Operation) -> str:
        kind, verb = self.packet.kind, op.verb
        reason = ""
        if verb not in ("add", "update", "supersede", "drop", "propose"):
            reason = f"{_shown(verb)} is not an operation"
        elif verb == "propose" and kind != "target":
            reason = "a topic's packet proposes nothing for a skill or a rule"
        elif verb == "propose" and op.target != self.packet.name:
            reason = f"{_shown(op.target)} is not this packet's target, {_shown(self.packet.name)}"
        elif verb not in ("drop", "propose") and kind != "topic":
            reason = f"{verb} changes a topic, and this packet is a skill's or a rule's"
        elif op.section and op.section not in SECTIONS.values():
            reason = f"{_shown(op.section)} is not a section"
        return reason

    def _miscited(self, op: Operation) -> str:
        if not op.sources:
            return "it cites no entry"
        foreign = next((source for source in op.sources if source not in self.entries), None)
        if foreign is not None:
            return f"it cites {_shown(foreign)}, which is no entry of this packet"
        self.citations -= len(op.sources)
        return "the answer cites its entries far too often" if self.citations < 0 else ""

    def _unknown_fact(self, op: Operation) -> str:
        if op.verb in ("update", "supersede") and not op.fact:
            return f"{op.verb} names no fact"
        if op.fact and op.fact not in self.facts:
            return f"the fact ^{_shown(op.fact)} is not on the page"
        return ""

    def _outranked(self, op: Operation) -> str:
        """Return how an operation makes light of who said what, or ""."""
        origins = {entry.origin for entry in self._cited(op)}
        outside = next((origin for origin in hearsay.MARKS if origin in origins), "")
        heard = bool(op.fact) and bool(hearsay.mark_of(self.facts[op.fact].text))
        if op.verb in ("update", "supersede") and outside and not heard:
            return f"an entry of origin {outside} may not change ^{op.fact}, which others said"
        if op.verb == "drop" and op.reason == "not-durable" and "user" in origins:
            return "it drops as not durable what the person said"
        if hearsay.mark_of(visible(op.text)) and not outside and not heard:
            return "its text calls hearsay what the person or the agent said"
        return ""

    def _bad_text(self, op: Operation) -> str:
        if op.verb == "drop":
            return ""
        text = visible(op.text)
        if not text.strip():
            return "its text is empty"
        old = [self.facts[op.fact].text] if op.fact else []
        return _bad_form(text) or self._unfounded(text, self._cited(op), old, replaces=op.verb == "supersede")

    def _unfounded(self, text: str, cited: list[Entry], old: list[str], *, replaces: bool) -> str:
        """Return what in a new text its sources don't bear out, or ""."""
        said = [part for entry in cited for part in _parts(entry)]
        ground = Ground([*said, *old, self.packet.name.rpartition("/")[2].replace("-", " ")])
        if claim := missing(text, ground):
            return f"the {claim.kind} {_shown(claim.shown)} is not in its sources"
        if _overlap(text, ground) < self.limits.min_shared:
            return f"{_shown(text)} says little that is in its sources"
        if reason := _turned(text, cited, old, replaces=replaces):
            return reason
        if any(entry.origin not in TRUSTED for entry in cited) and (order := instructions.order_in(text)):
            return f"{_shown(order)} instructs later readers, from a source that may not"
        return ""

    def _erasing(self, op: Operation) -> str:
        """Return what an operation takes out of a fact though no entry says otherwise, or ""."""
        cited = self._cited(op)
        if op.verb not in ("update", "supersede") or any(e.supersedes == f"^{op.fact}" for e in cited):
            return ""
        old, said = self.facts[op.fact].text, [part for entry in cited for part in _parts(entry)]
        if op.verb == "supersede":
            related = share(old, [op.text, *said]) >= self.limits.min_kept / 2
            return "" if related else f"^{op.fact}, which it supersedes, is about something else"
        if share(old, [op.text]) < self.limits.min_kept:
            return f"it says little of what ^{op.fact} said"
        kind, shown = taken_out(old, visible(op.text), said)
        return f"it takes the {kind} {_shown(shown)} out of ^{op.fact}" if kind else ""

    def _bad_proposal(self, op: Operation) -> str:
        cited = self._cited(op)
        outside = next((entry.origin for entry in cited if entry.origin not in TRUSTED), "")
        if outside:
            return f"it rests on an entry of origin {outside}, which reaches no skill and no rule"
        if reason := _bad_edits(self.packet.page, op.edits):
            return reason
        new = "\n\n".join(edit.replace for edit in op.edits)
        return self._unfounded(new, cited, [edit.find for edit in op.edits], replaces=False)

    def _cited(self, op: Operation) -> list[Entry]:
        return [self.entries[source] for source in op.sources]

    def _contradictions(self, passed: list[Operation]) -> dict[int, str]:
        """Return the operations that touch what another one touches: number → reason."""
        touched = Counter(op.fact for op in passed if op.verb in ("update", "supersede"))
        gone = {op.fact for op in passed if op.verb == "supersede"}
        used = {source for op in passed if op.verb != "drop" for source in op.sources}
        faults = {}
        for at, op in enumerate(passed):
            if op.verb in ("update", "supersede") and touched[op.fact] > 1:
                faults[at] = f"the fact ^{op.fact} is changed {touched[op.fact]} times"
            elif op.verb == "drop" and op.fact in gone:
                faults[at] = f"it repeats the fact ^{op.fact}, which is superseded"
            elif op.verb == "drop" and not used.isdisjoint(op.sources):
                faults[at] = "it drops an entry that another operation uses"
        return faults

    def _overlapping(self, passed: list[Operation]) -> dict[int, str]:
        """Return the proposals that edit what an earlier one edits: number → reason."""
        faults: dict[int, str] = {}
        taken: list[tuple[int, int]] = []
        for at, op in enumerate(passed):
            spans = [_span(self.packet.page, edit) for edit in op.edits if edit.find]
            if any(start < end_ and start_ < end for start, end in spans for start_, end_ in taken):
                faults[at] = "it edits what another operation edits"
            else:
                taken += spans
        return faults

    def _false_drops(self, passed: list[Operation]) -> dict[int, str]:
        """Return the drops of entries as duplicates of what says something else."""
        dropped = {source for op in passed if op.verb == "drop" for source in op.sources}
        said = [fact.text for fact in self.facts.values()]
        said += [op.text for op in passed if op.text]
        said += [part for e in self.entries.values() if e.id not in dropped for part in _parts(e)]
        anything: list[str] = said if any(_bare_duplicate(op) for op in passed) else []
        whole = Ground(anything)
        faults = {}
        for at, op in enumerate(passed):
            if op.verb == "drop" and op.reason == "duplicate":
                texts = [self.facts[op.fact].text] if op.fact else anything
                ground = Ground(texts) if op.fact else whole
                reasons = (_not_said(entry, ground, texts if op.fact else ()) for entry in self._cited(op))
                faults[at] = next((reason for reason in reasons if reason), "")
        return faults

    def _shrinking(self, passed: list[Operation]) -> dict[int, str]:
        """Return the shrinking operations if all together they take too much of the page away."""
        lost = {at: self._lost(op) for at, op in enumerate(passed)}
        whole = sum(len(fact.text) for fact in self.facts.values())
        if self.packet.kind == "target":
            whole = len(self.packet.page) - _front_end(self.packet.page)
        allowed = max(self.limits.floor, int(self.limits.max_shrink * whole))
        total = sum(lost.values())
        if total <= allowed:
            return {}
        reason = f"the answer takes {total:,} of {whole:,} characters off the page; {allowed:,} is the most"
        return {at: reason for at, count in lost.items() if count > 0}

    def _lost(self, op: Operation) -> int:
        if op.verb == "propose":
            return sum(len(edit.find) - len(edit.replace) for edit in op.edits)
        if op.verb not in ("update", "supersede"):
            return 0
        asked = any(entry.supersedes == f"^{op.fact}" for entry in self._cited(op))
        return 0 if asked and op.verb == "supersede" else len(self.facts[op.fact].text) - len(op.text)


def edited(page: str, edits: Iterable[Edit]) -> str:
    """Return the page with edits that the gate let pass; all else stays byte for byte.

    New lines end as the page's own do.
    """
    line_end = "\r\n" if 2 * page.count("\r\n") > page.count("\n") else "\n"
    spans = sorted((*_span(page, edit), edit.replace.replace("\n", line_end)) for edit in edits)
    out: list[str] = []
    position = 0
    for start, end, new in spans:
        out.append(page[position:start])
        if start == end:
            # At the end of the page, on lines of its own.
            before = "".join(out)[-1:]
            out.append(("" if before in ("", "\n") else line_end) + new.removesuffix(line_end) + line_end)
        else:
            out.append(new)
        position = end
    return "".join([*out, page[position:]])


def _span(page: str, edit: Edit) -> tuple[int, int]:
    start = page.find(edit.find) if edit.find else len(page)
    return start, start + len(edit.find)


def _bad_edits(page: str, edits: tuple[Edit, ...]) -> str:
    """Return why edits can't be made on the page, or ""."""
    front = _front_end(page)
    spans = sorted(_span(page, edit) for edit in edits if edit.find)
    for edit in edits:
        start = page.find(edit.find) if edit.find else len(page)
        if start < 0:
            return f"{_shown(edit.find)} is not on the page"
        if edit.find and page.find(edit.find, start + 1) >= 0:
            return f"{_shown(edit.find)} is on the page more than once"
        if start < front:
            return "it touches the frontmatter"
        if reason := _bad_replacement(edit):
            return reason
    if any(end > start for (_, end), (start, _) in pairwise(spans)):
        return "its edits overlap"
    return _bad_outcome(page, edited(page, edits))


def _bad_outcome(page: str, new: str) -> str:
    if _fences(new) % 2 != _fences(page) % 2:
        return "it leaves a code fence open: what follows would be no lesson"
    return "" if new != page else "it changes nothing"


def _fences(page: str) -> int:
    return sum(line.startswith(FENCES) for line in page.split("\n"))


def _bad_replacement(edit: Edit) -> str:
    if visible(flat := edit.replace.replace("\t", " ")) != flat:
        return "its text holds control characters"
    if _FENCE.search(edit.replace) and not _FENCE.search(edit.find):
        return "its text holds a frontmatter fence"
    before, after = (Counter(_BLOCK_ID.findall(text)) for text in (edit.find, edit.replace))
    if extra := next(iter(after - before), ""):
        return f"its text holds a block id of its own, ^{extra}"
    if gone := next(iter(before - after), ""):
        return f"it takes the lesson ^{gone} off the page"
    return ""


def _front_end(page: str) -> int:
    """Return where the page's frontmatter ends; the whole page if it does not."""
    if not page.startswith("---\n"):
        return 0
    end = page.find("\n---\n", 3)
    return end + 5 if end >= 0 else len(page) + 1


def _bad_form(text: str) -> str:
    if found := _BLOCK_ID.search(text):
        return f"its text holds a block id of its own, ^{found[1]}"
    if _FENCE.search(text):
        return "its text holds a frontmatter fence"
    return "its text holds a heading" if _HEADING.search(text) else ""


def _parts(entry: Entry) -> Iterator[str]:
    yield from (part for part in (entry.text, entry.snag, entry.better) if part)


def _turned(text: str, cited: list[Entry], old: list[str], *, replaces: bool) -> str:
    """Return which clause or word says the opposite of the sources, or "".

    What went wrong (a snag) and a fact that is being replaced count only where the rest is silent.
    """
    firm = [part for entry in cited for part in (entry.text, entry.better) if part]
    rest = [entry.snag for entry in cited if entry.snag]
    for snag in rest:
        text = text.replace(snag, " ") if len(snag) > len("did not do it") else text
    (rest if replaces else firm).extend(old)
    if clause := polarity.turned(text, firm, rest):
        return f"{_shown(clause)} turns what its sources say into its opposite"
    if word := polarity.reversed_word(text, [*firm, *rest]):
        return f"{_shown(word)} is the opposite of what its sources say"
    return ""


def _overlap(text: str, ground: Ground) -> float:
    """Return the share of a text's words, by their roots, that the ground holds."""
    found = roots(text)
    return len(found & ground.roots) / len(found) if found else 1.0


def _bare_duplicate(op: Operation) -> bool:
    return op.verb == "drop" and op.reason == "duplicate" and not op.fact


def _not_said(entry: Entry, ground: Ground, texts: Iterable[str]) -> str:
    """Return what of an entry the texts that it is said to repeat don't hold, or ""."""
    text = entry.text or entry.better
    if claim := missing(text, ground):
        return f"it is no duplicate: the {claim.kind} {_shown(claim.shown)} is new"
    if _overlap(text, ground) < 0.5 or (texts and polarity.turned(text, texts)):
        return f"it is no duplicate: {_shown(text)} is new"
    return ""


def _shown(text: str) -> str:
    """Return words of a worker for a reason: one line, short, in quotes."""
    return f"'{one_line(text, _SHOWN)}'"
