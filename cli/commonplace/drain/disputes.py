"""Disputes: what the votes of workers disagree on, offered to a person as an edit of the page.

The entries concerned are on the page already, as they were said: nothing waits for a decision, and a
proposal that is turned down, or forgotten, loses nothing. What is offered is the rewording on top, in the
terms of the ledger, so that its acceptance is a change like a drain's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from commonplace import ulid
from commonplace.drain.consolidate import attributed
from commonplace.drain.given import Offer
from commonplace.drain.lessons import Draft
from commonplace.drain.operations import Operation
from commonplace.drain.restating import lesson_key
from commonplace.drain.votes import Disputed
from commonplace.entry import Entry
from commonplace.ledger import Op
from commonplace.memory import hearsay
from commonplace.memory.carrying import carried
from commonplace.memory.pages import Page
from commonplace.memory.topics import described_anew


@dataclass(frozen=True)
class Disputes:
    """Plans proposals on pages as they stand after the drain.

    pages: path → text · filed: fact id → the entries that the built-in consolidator has filed under it in
    this drain · offers: path → what waits for a person there.
    """

    pages: Mapping[str, str]
    entries: Mapping[str, Entry]
    filed: Mapping[str, Sequence[str]]
    offers: Mapping[str, Offer]
    rejected: frozenset[tuple[str, str]]

    def plan(self, disputed: Mapping[str, Sequence[Disputed]]) -> Iterator[Draft]:
        """Yield at most one proposal for each page; an older one that still fits is taken over."""
        for name, found in disputed.items():
            text = self.pages.get(f"memory/{name}.md")
            if text is not None and found:
                yield from self._draft(name, text, found)

    def _draft(self, name: str, text: str, found: Sequence[Disputed]) -> Iterator[Draft]:
        path = f"memory/{name}.md"
        offer = self.offers.get(path)
        begun = carried(text, offer.base, offer.new) if offer else None
        page = Page(text if begun is None else begun)
        ops: list[Op] = []
        notes: list[str] = []
        touched: set[str] = set()
        for each in found:
            if made := self._apply(each.operation, name, page, touched):
                ops += made
                notes.append(f"the votes disagree: {each.votes} of {each.of} said {_what(each.operation)}")
        if not ops:
            return
        if offer and begun is not None:
            ops, notes = [*offer.ops, *ops], [*offer.notes, *notes]
        evidence = tuple(dict.fromkeys(source for op in ops for source in op.sources))
        new = described_anew(page, page.text())
        yield Draft(
            ulid.short(ulid.new()), f"memory/{name}", path, text, new, evidence, offer.id if offer else "",
            tuple(ops), tuple(notes), disputed=True,
        )  # fmt: skip

    def _apply(self, operation: Operation, name: str, page: Page, touched: set[str]) -> list[Op]:
        """Put an operation on the page in place of what its entries were filed as; return its ledger."""
        mine = [fact for fact, ids in self.filed.items() if not set(ids).isdisjoint(operation.sources)]
        wanted = {*mine, operation.fact} - {""}
        text = self._text(operation, page)
        if not mine or not touched.isdisjoint(wanted) or not wanted <= page.facts.keys():
            return []
        if (f"memory/{name}", lesson_key(text)) in self.rejected:
            return []
        touched |= wanted
        sources = {fact: tuple(self.filed[fact]) for fact in mine}
        cited = tuple(dict.fromkeys([*operation.sources, *(i for ids in sources.values() for i in ids)]))
        ops: list[Op] = []
        stays = operation.fact
        if operation.verb == "update":
            page.replace(operation.fact, text, operation.fact)
            ops.append(Op("update", (f"^{operation.fact}", name), cited))
        elif operation.verb in ("add", "supersede"):
            stays = mine.pop(0)
            page.replace(stays, text, stays)
            if operation.verb == "supersede":
                page.remove(operation.fact)
                ops.append(Op("supersede", (f"^{operation.fact}", "by", f"^{stays}", name), cited))
            else:
                ops.append(Op("update", (f"^{stays}", name), cited))
        for fact in mine:
            page.remove(fact)
            words = (
                ("retire", f"^{fact}", "for", f"^{stays}", name) if stays else ("remove", f"^{fact}", name)
            )
            ops.append(Op(words[0], words[1:], sources[fact]))
        return ops

    def _text(self, operation: Operation, page: Page) -> str:
        """Return what the operation says, marked where a tool or a web page said it."""
        if not operation.text:
            return ""
        cited = [self.entries[i] for i in operation.sources]
        outside = [entry for entry in cited if entry.origin in hearsay.MARKS]
        text = attributed((outside or cited)[0], operation.text)
        if operation.verb == "update" and operation.fact in page.facts:
            return hearsay.marked(text, hearsay.mark_of(page.facts[operation.fact].text))
        return text


def _what(operation: Operation) -> str:
    """Return an operation in words for a note: what it does, and to which fact."""
    return f"{operation.verb} ^{operation.fact}" if operation.fact else operation.verb
