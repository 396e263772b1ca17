"""The consolidator: puts entries and operations on pages.

Built in, it needs no model: exact and near duplicates merge, the rest is filed as it was said; nothing is
reworded. What a worker answered, and the gate let through, is put on the same pages.
"""

from collections.abc import Mapping, Sequence

from commonplace import ulid
from commonplace.drain.given import Given
from commonplace.drain.operations import Operation
from commonplace.drain.sorting import Sorted
from commonplace.entry import Entry
from commonplace.ledger import Op
from commonplace.memory import hearsay, topics
from commonplace.memory.pages import Page, is_empty
from commonplace.memory.topics import Topic
from commonplace.memory.words import normal
from commonplace.text import one_line

Answers = Mapping[str, Sequence[Operation]]
"""Name of a packet → the operations of its worker that the gate let through."""


class Consolidator:
    """Files flags onto pages; holds the pages it has opened and what they already say."""

    def __init__(self, given: Given, found: Sorted) -> None:
        self.given = given
        self.superseded = found.superseded
        self.where = dict(found.where)
        self.ops: list[Op] = []
        self.notes: list[str] = []
        self.open: dict[str, Page] = {}
        self.said: dict[str, dict[str, str]] = {}
        self.sources: dict[str, list[str]] = {}
        self.added: dict[str, tuple[str, ...]] = {}
        self.changed: set[str] = set()
        """The facts that a worker's operation has changed: what else would change them comes beside them."""

    def take(self, groups: Mapping[Topic, list[Entry]], answers: Answers) -> None:
        """File all entries: as a worker's operations say, and the rest as they are."""
        for topic, entries in groups.items():
            done: set[str] = set()
            for operation in answers.get(topic.page_name, ()):
                # A long queue goes out in several packets: two may have changed the same fact.
                if operation.verb == "drop" or operation.fact not in self.changed:
                    self._apply(operation, topic, {entry.id: entry for entry in entries})
                    done.update(operation.sources)
            for entry in entries:
                if entry.id not in done:
                    self._place(entry, topic)
        for fact_id in sorted(self.added, key=lambda fact_id: self.sources[fact_id]):
            verb, *words = self.added[fact_id]
            self.ops.append(Op(verb, tuple(words), tuple(self.sources[fact_id])))

    def pages(self) -> dict[str, str | None]:
        """Return path → new text of the pages that changed; None for one that nothing is left of."""
        texts = {path: topics.described_anew(page, page.text()) for path, page in self.open.items()}
        return {
            path: None if is_empty(text) else text
            for path, text in texts.items()
            if text != self.given.pages.get(path)
        }

    def _apply(self, operation: Operation, topic: Topic, entries: Mapping[str, Entry]) -> None:
        """Put one operation of a worker's on its page."""
        sources = operation.sources
        if operation.verb == "drop":
            words = ("duplicate-of", f"^{operation.fact}") if operation.fact else (operation.reason,)
            self.ops += [Op("drop", (entry_id, *words)) for entry_id in sources]
            return
        first = entries[sources[0]]
        self.changed.update({operation.fact} - {""})
        outside = [e for i in sources if (e := entries[i]).origin in hearsay.MARKS]
        text = attributed(outside[0] if outside else first, operation.text)
        page = self._page(topic, text)
        if operation.verb == "update":
            text = hearsay.marked(text, hearsay.mark_of(page.facts[operation.fact].text))
            page.replace(operation.fact, text, operation.fact)
            self.ops.append(Op("update", (f"^{operation.fact}", topic.page_name), sources))
            return
        fact_id = _free_id(ulid.short(first.id), page)
        if operation.verb == "supersede":
            page.replace(operation.fact, text, fact_id)
            both = (f"^{operation.fact}", "by", f"^{fact_id}", topic.page_name)
            self.ops.append(Op("supersede", both, sources))
        else:
            section = operation.section or topics.section_for(first.type)
            page.add(section, text, fact_id)
            self.ops.append(Op("add", (f"^{fact_id}", topic.page_name), sources))
        self._said(topic)[normal(text)] = fact_id

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
        stands = old in self.where and old not in self.changed and self._may_replace(entry, old)
        if key in said and said[key] != old:
            if stands:
                self._take_off(old, said[key], entry)
            self._duplicate(entry, said[key])
            return
        page = self._page(topic, text)
        fact_id = _free_id(ulid.short(entry.id), page)
        section = topics.section_for(entry.type)
        where = topic.page_name
        if stands:
            if self.where[old] == topic.path:
                page.replace(old, text, fact_id)
            else:
                self._open_at(self.where[old]).remove(old)
                page.add(section, text, fact_id)
            self._unsay(old)
            self.added[fact_id] = ("supersede", f"^{old}", "by", f"^{fact_id}", where)
        else:
            if old and old not in self.superseded:
                why = "is on no page"
                if old in self.where:
                    why = "was changed in this drain" if old in self.changed else "is no hearsay"
                self.notes.append(f"^{one_line(old, 20)}, which {entry.id} supersedes, {why}")
            page.add(section, text, fact_id)
            self.added[fact_id] = ("add", f"^{fact_id}", where)
        self.sources[fact_id] = [entry.id]
        said[key] = fact_id

    def _may_replace(self, entry: Entry, old: str) -> bool:
        fact = self._open_at(self.where[old]).facts.get(old)
        return fact is None or hearsay.may_replace(entry.origin, fact.text)

    def _duplicate(self, entry: Entry, fact_id: str) -> None:
        if fact_id in self.sources:
            self.sources[fact_id].append(entry.id)
        else:
            self.ops.append(Op("drop", (entry.id, "duplicate-of", f"^{fact_id}")))

    def _take_off(self, old: str, instead: str, entry: Entry) -> None:
        """Remove a superseded fact whose replacement is already said."""
        path = self.where[old]
        self._open_at(path).remove(old)
        self._unsay(old)
        where = path[len("memory/") : -len(".md")]
        op = Op("retire", (f"^{old}", "for", f"^{instead}", where), (entry.id,))
        self.ops.append(op)

    def _open_at(self, path: str) -> Page:
        if path not in self.open:
            self.open[path] = Page(self.given.pages[path])
        return self.open[path]

    def _unsay(self, old: str) -> None:
        path = self.where.pop(old)
        for key, fact_id in list(self.said.get(path, {}).items()):
            if fact_id == old:
                del self.said[path][key]


def attributed(entry: Entry, text: str = "") -> str:
    """Return a flag's text, or what was made of it; what a tool or a web page said is marked as such."""
    return hearsay.marked(text or entry.text, hearsay.MARKS.get(entry.origin, ""))


def _free_id(short: str, page: Page) -> str:
    """Return the block id, with a number behind it if the page has it already."""
    fact_id, number = short, 1
    while fact_id in page:
        number += 1
        fact_id = f"{short}-{number}"
    return fact_id
