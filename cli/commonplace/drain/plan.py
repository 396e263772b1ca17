"""The plan of a drain: what its commits will hold, computed without any effect.

The built-in consolidator: exact and near duplicates merge, entries with a topic are filed under it,
the rest where their words are; nothing is reworded.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from commonplace import ulid
from commonplace.drain import filing, lessons
from commonplace.drain.lessons import Draft, Target
from commonplace.entry import Entry
from commonplace.ledger import Op
from commonplace.memory import topics
from commonplace.memory.pages import Page, is_empty
from commonplace.memory.topics import INDEX, UNFILED, Topic, topic_of
from commonplace.memory.words import normal
from commonplace.text import count, one_line

_FACT_LINE = re.compile(r" \^[0-9a-hjkmnp-tv-z]{10}(?:-[0-9]{1,5})?[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Limits:
    """How large the index page may get."""

    lines: int
    bytes: int


@dataclass(frozen=True)
class Given:
    """What a plan is made from. `pages` are the texts under memory/, by path; `targets` the skills,
    rules and open proposals; `drained` the entries that history shows drained: id → drain.
    """

    entries: tuple[Entry, ...]
    pages: Mapping[str, str]
    targets: Mapping[str, Target]
    rejected: frozenset[tuple[str, str]]
    drained: Mapping[str, str]
    limits: Limits


@dataclass
class Plan:
    """What a drain will do: path → new text (None: the page goes), the ledger, the proposals."""

    pages: dict[str, str | None] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flags: int = 0
    self_evals: int = 0

    @property
    def subject(self) -> str:
        """Return the subject of the drain's commit, from counts alone."""
        touched = {path for path, text in self.pages.items() if path != INDEX and text is not None}
        parts = []
        if self.flags:
            where = f" into {count(len(touched), 'topic')}" if touched else ", nothing new"
            parts.append(count(self.flags, "flag") + where)
        if self.self_evals:
            parts.append(count(self.self_evals, "self-eval"))
        if self.drafts:
            parts.append(count(len(self.drafts), "proposal"))
        return "drain: " + (", ".join(parts) or "nothing new")


def make(given: Given) -> Plan:
    """Plan a drain of the entries, in the order of their ids."""
    plan = Plan()
    fresh = []
    for entry in sorted(given.entries, key=lambda entry: entry.id):
        if entry.id in given.drained:
            plan.ops.append(Op("drop", (entry.id, "drained-before", given.drained[entry.id])))
        else:
            fresh.append(entry)
    flags = [entry for entry in fresh if entry.kind == "flag"]
    self_evals = [entry for entry in fresh if entry.kind == "self-eval"]
    plan.flags, plan.self_evals = len(flags), len(self_evals)
    _Consolidator(given, plan).take(flags)
    lessons.plan(self_evals, given.targets, given.rejected, plan.ops, plan.drafts)
    _index(given, plan)
    return plan


class _Consolidator:
    """Files flags onto pages; holds the pages it has opened and what they already say."""

    def __init__(self, given: Given, plan: Plan) -> None:
        self.given = given
        self.plan = plan
        self.open: dict[str, Page] = {}
        self.said: dict[str, dict[str, str]] = {}
        self.sources: dict[str, list[str]] = {}
        self.added: dict[str, tuple[str, ...]] = {}
        self.superseded: set[str] = set()
        self.where = self._where(entry.supersedes[1:] for entry in given.entries)

    def take(self, flags: list[Entry]) -> None:
        flags = self._without_superseded(flags)
        topic_for = self._file(flags)
        for entry in flags:
            self._place(entry, topic_for[entry.id])
        for fact_id, words in self.added.items():
            verb, *rest = words
            self.plan.ops.append(Op(verb, tuple(rest), tuple(self.sources[fact_id])))
        for path, page in self.open.items():
            text = topics.described_anew(page, page.text())
            if text != self.given.pages.get(path):
                self.plan.pages[path] = None if is_empty(text) else text

    def _without_superseded(self, flags: list[Entry]) -> list[Entry]:
        """Drop the flags that a later one of the same drain supersedes: they never become facts."""
        waiting = {ulid.short(entry.id): entry for entry in flags}
        by = {old: e for e in flags if (old := e.supersedes[1:]) in waiting and e.id > waiting[old].id}
        for old, later in by.items():
            words = (waiting[old].id, "superseded-by", f"^{ulid.short(later.id)}")
            self.plan.ops.append(Op("drop", words))
        self.superseded = set(by)
        return [entry for entry in flags if ulid.short(entry.id) not in by]

    def _where(self, wanted: Iterable[str]) -> dict[str, str]:
        """Return fact id → path for the facts that entries want to supersede, in one pass."""
        ids = {fact_id for fact_id in wanted if fact_id}
        if not ids:
            return {}
        found = {}
        for path, text in self.given.pages.items():
            for match in _FACT_LINE.finditer(text):
                if (fact_id := match[0].strip()[1:]) in ids:
                    found[fact_id] = path
        return found

    def _file(self, flags: list[Entry]) -> dict[str, Topic]:
        named = {entry.id: Topic(entry.scope, entry.topic) for entry in flags if entry.topic}
        bare = [entry for entry in flags if not entry.topic]
        if not bare:
            return named
        scopes = {entry.scope for entry in bare}
        texts = [
            (topic, text)
            for path, text in self.given.pages.items()
            if (topic := topic_of(path)) and topic.scope in scopes
        ]
        texts += [(named[e.id], e.text) for e in flags if e.topic and e.scope in scopes]
        shelves = filing.shelves(texts)
        for entry in bare:
            old = self.where.get(entry.supersedes[1:])
            unfiled = Topic(entry.scope, UNFILED)
            if old and (topic := topic_of(old)):
                named[entry.id] = topic
            elif entry.scope not in shelves or normal(entry.text) in self._said(unfiled):
                named[entry.id] = unfiled
            else:
                named[entry.id] = Topic(entry.scope, shelves[entry.scope].find(entry.text))
        return named

    def _said(self, topic: Topic) -> dict[str, str]:
        """Return normal form → fact id for what a topic's page already says."""
        if topic.path not in self.said:
            page = Page(self.given.pages.get(topic.path, ""))
            self.said[topic.path] = {normal(f.text): f.id for f in page.facts.values()}
        return self.said[topic.path]

    def _page(self, topic: Topic, first: str) -> Page:
        if topic.path not in self.open:
            text = self.given.pages.get(topic.path) or topics.new_page(topic, first)
            self.open[topic.path] = Page(text)
        return self.open[topic.path]

    def _place(self, entry: Entry, topic: Topic) -> None:
        text = attributed(entry)
        said = self._said(topic)
        key = normal(text)
        old = entry.supersedes[1:]
        if key in said and said[key] != old:
            if old in self.where:
                self._take_off(old, said[key], entry)
            self._duplicate(entry, said[key])
            return
        page = self._page(topic, text)
        fact_id = _free_id(ulid.short(entry.id), page)
        section = topics.section_for(entry.type)
        where = topic.path[len("memory/") : -len(".md")]
        if old and old in self.where:
            if self.where[old] == topic.path:
                page.replace(old, text, fact_id)
            else:
                self._open_at(self.where[old]).remove(old)
                page.add(section, text, fact_id)
            self._unsay(old)
            self.added[fact_id] = ("supersede", f"^{old}", "by", f"^{fact_id}", where)
        else:
            if old and old not in self.superseded:
                self.plan.notes.append(f"^{one_line(old, 20)}, which {entry.id} supersedes, is on no page")
            page.add(section, text, fact_id)
            self.added[fact_id] = ("add", f"^{fact_id}", where)
        self.sources[fact_id] = [entry.id]
        said[key] = fact_id

    def _duplicate(self, entry: Entry, fact_id: str) -> None:
        if fact_id in self.sources:
            self.sources[fact_id].append(entry.id)
        else:
            self.plan.ops.append(Op("drop", (entry.id, "duplicate-of", f"^{fact_id}")))

    def _take_off(self, old: str, instead: str, entry: Entry) -> None:
        """Remove a superseded fact whose replacement is already said."""
        path = self.where[old]
        self._open_at(path).remove(old)
        self._unsay(old)
        where = path[len("memory/") : -len(".md")]
        op = Op("retire", (f"^{old}", "for", f"^{instead}", where), (entry.id,))
        self.plan.ops.append(op)

    def _open_at(self, path: str) -> Page:
        if path not in self.open:
            self.open[path] = Page(self.given.pages[path])
        return self.open[path]

    def _unsay(self, old: str) -> None:
        path = self.where.pop(old)
        for key, fact_id in list(self.said.get(path, {}).items()):
            if fact_id == old:
                del self.said[path][key]


def attributed(entry: Entry) -> str:
    """Return a flag's text; what a tool or a web page said is marked as such."""
    if entry.origin in ("tool", "web"):
        return f"{entry.text} (said by a {'tool' if entry.origin == 'tool' else 'web page'})"
    return entry.text


def _free_id(short: str, page: Page) -> str:
    """Return the block id, with a number behind it if the page has it already."""
    fact_id, number = short, 1
    while fact_id in page:
        number += 1
        fact_id = f"{short}-{number}"
    return fact_id


def _index(given: Given, plan: Plan) -> None:
    """Plan the index page from every topic's page as it will stand."""
    plan.pages.update({INDEX: index_of(given.pages, plan.pages, given.limits)})
    if plan.pages[INDEX] == given.pages.get(INDEX):
        del plan.pages[INDEX]


def index_of(pages: Mapping[str, str], changed: Mapping[str, str | None], limits: Limits) -> str:
    """Return the index page for the pages as they will stand after the changes."""
    lines = []
    for path in sorted({*pages, *changed}):
        topic = topic_of(path)
        text = changed[path] if path in changed else pages[path]
        if topic and text is not None:
            facts = len(_FACT_LINE.findall(text))
            lines.append(topics.Line(topic, topics.description(text), facts))
    return topics.index_page(lines, limits.lines, limits.bytes)
