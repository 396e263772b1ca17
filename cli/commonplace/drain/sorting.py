"""Sorting: which entry goes to which topic, which self-eval to which skill or rule.

What is sorted together is worked on together, by the built-in consolidator or as one packet of a worker's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from commonplace import ulid
from commonplace.drain import filing, targets
from commonplace.drain.given import Given
from commonplace.entry import Entry
from commonplace.ledger import Op
from commonplace.memory import hearsay
from commonplace.memory.pages import FACT_LINE, Page
from commonplace.memory.topics import UNFILED, Topic, topic_of
from commonplace.memory.words import normal


@dataclass
class Sorted:
    """topics and targets: entries by where they go, in the order of time · ops: the ledger's lines for what
    goes nowhere · superseded: facts that never came to be · where: superseded fact → its page.
    """

    topics: dict[Topic, list[Entry]] = field(default_factory=dict)
    targets: dict[str, list[Entry]] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    superseded: set[str] = field(default_factory=set)
    where: dict[str, str] = field(default_factory=dict)

    def leave(self, ids: frozenset[str]) -> None:
        """Leave entries out, to wait for another drain."""
        self.topics = _rest(self.topics, ids)
        self.targets = _rest(self.targets, ids)


K = TypeVar("K")


def _rest(groups: dict[K, list[Entry]], ids: frozenset[str]) -> dict[K, list[Entry]]:
    left = {name: [e for e in entries if e.id not in ids] for name, entries in groups.items()}
    return {name: entries for name, entries in left.items() if entries}


def sort(given: Given) -> Sorted:
    """Sort a drain's entries; each is under a topic or a target, or accounted for in `ops`."""
    found = Sorted()
    fresh = []
    for entry in sorted(given.entries, key=lambda entry: entry.id):
        if entry.id in given.drained:
            found.ops.append(Op("drop", (entry.id, "drained-before", given.drained[entry.id])))
        else:
            fresh.append(entry)
    found.where = _where(given, (entry.supersedes[1:] for entry in fresh))
    flags = _without_recalled(given, [entry for entry in fresh if entry.kind == "flag"], found)
    flags = _without_superseded(flags, found)
    topic_for = _topics(given, flags, found.where)
    for entry in flags:
        found.topics.setdefault(topic_for[entry.id], []).append(entry)
    self_evals = [entry for entry in fresh if entry.kind == "self-eval"]
    found.targets = targets.sort(self_evals, given.targets, found.ops)
    return found


def _without_recalled(given: Given, flags: list[Entry], found: Sorted) -> list[Entry]:
    """Drop the flags that only repeat a fact that was given to read: it is not new under another topic.

    The fact must hold where the flag would: a fact of one project may be flagged for all.
    """
    where = _where(given, given.recalled) if flags else {}
    pages = {path: Page(given.pages[path]) for path in set(where.values())}
    said = {
        (topic.scope, normal(pages[path].facts[fact_id].text)): fact_id
        for fact_id, path in where.items()
        if (topic := topic_of(path)) and fact_id in pages[path].facts
    }
    new = []
    for entry in flags:
        keys = [(scope, normal(entry.text)) for scope in ("user", entry.scope)] if said else []
        known = next((said[key] for key in keys if key in said), "")
        if known and not entry.supersedes:
            found.ops.append(Op("drop", (entry.id, "duplicate-of", f"^{known}")))
        else:
            new.append(entry)
    return new


def _without_superseded(flags: list[Entry], found: Sorted) -> list[Entry]:
    """Drop the flags that a later one of the same drain supersedes: they never become facts."""
    waiting = {ulid.short(entry.id): entry for entry in flags}
    by = {
        old: later
        for later in flags
        if (old := later.supersedes[1:]) in waiting
        and later.id > waiting[old].id
        and (later.origin not in hearsay.MARKS or waiting[old].origin in hearsay.MARKS)
    }
    for old, later in by.items():
        words = (waiting[old].id, "superseded-by", f"^{ulid.short(later.id)}")
        found.ops.append(Op("drop", words))
    found.superseded = set(by)
    return [entry for entry in flags if ulid.short(entry.id) not in by]


def _where(given: Given, wanted: Iterable[str]) -> dict[str, str]:
    """Return fact id → path for the facts that entries want to supersede, in one pass."""
    ids = {fact_id for fact_id in wanted if fact_id}
    if not ids:
        return {}
    return {
        fact_id: path
        for path, text in given.pages.items()
        for match in FACT_LINE.finditer(text)
        if (fact_id := match[0].strip()[1:]) in ids
    }


def _topics(given: Given, flags: list[Entry], where: dict[str, str]) -> dict[str, Topic]:
    """Return entry id → topic: the one it names, else the one whose words it shares."""
    named = {entry.id: Topic(entry.scope, entry.topic) for entry in flags if entry.topic}
    bare = [entry for entry in flags if not entry.topic]
    if not bare:
        return named
    scopes = {entry.scope for entry in bare}
    texts = [
        (topic, text)
        for path, text in given.pages.items()
        if (topic := topic_of(path)) and topic.scope in scopes
    ]
    texts += [(named[e.id], e.text) for e in flags if e.topic and e.scope in scopes]
    shelves = filing.shelves(texts, [entry.text for entry in bare])
    unfiled = {scope: _said_unfiled(given, scope) for scope in scopes}
    for entry in bare:
        old = topic_of(where.get(entry.supersedes[1:], ""))
        if old:
            named[entry.id] = old
        elif entry.scope not in shelves or normal(entry.text) in unfiled[entry.scope]:
            named[entry.id] = Topic(entry.scope, UNFILED)
        else:
            named[entry.id] = Topic(entry.scope, shelves[entry.scope].find(entry.text))
    return named


def _said_unfiled(given: Given, scope: str) -> set[str]:
    """Return the normal forms of what a scope's page of unfiled facts says already."""
    page = Page(given.pages.get(Topic(scope, UNFILED).path, ""))
    return {normal(fact.text) for fact in page.facts.values()}
