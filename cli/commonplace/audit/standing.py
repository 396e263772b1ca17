"""The pages as they stand at the branch's tip: every fact once, and with its sources in history."""

from collections.abc import Iterator

from commonplace import plumbing
from commonplace.audit.findings import FAULT, NOTE, Finding
from commonplace.audit.ground import PAGES, Ground, entry_of
from commonplace.memory.pages import FACT_LINE, Fact, Page
from commonplace.memory.topics import topic_of
from commonplace.plumbing import Item
from commonplace.text import count, one_line

SHOWN = 5
"""How many ids a finding about many names."""


class Standing:
    """What stands at a commit. where: fact → the `path:line` of each of its bullets."""

    def __init__(self, ground: Ground, tip: str) -> None:
        self.ground = ground
        self.files = plumbing.tree(ground.place, tip, *PAGES, "queue")
        self.hands = {commit.id for commit in ground.by_hand}
        self.where: dict[str, list[str]] = {}
        self.bare: list[tuple[str, str, int]] = []
        pages = {path: item for path, item in self.files.items() if _is_page(path, item)}
        blobs = plumbing.contents(ground.place, [item.oid for item in pages.values()])
        self.unread = [path for path, item in pages.items() if item.oid not in blobs]
        for path, item in pages.items():
            self._read(path, blobs.get(item.oid, b"").decode("utf-8", "surrogateescape"))

    def _read(self, path: str, text: str) -> None:
        page = Page(text)
        inside = {n for fact in page.facts.values() for n in range(fact.start, fact.end)}
        for fact in (*page.facts.values(), *_repeated(page, text, inside)):
            self.where.setdefault(fact.id, []).append(f"{path}:{fact.start + 1}")
        if topic_of(path):
            rest = ((n, line) for n, line in enumerate(page.lines, start=1) if line.startswith("- "))
            self.bare += [(path, line, n) for n, line in rest if n - 1 not in inside]

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with what stands, and what is a person's own."""
        for path in self.unread:
            yield Finding(FAULT, "unread", path, "its content cannot be read")
        for path, item in self.files.items():
            if item.mode == "120000":
                yield Finding(FAULT, "link", path, "is a symbolic link: no page is one")
        for fact_id, places in self.where.items():
            yield from self._fact(fact_id, places)
        yield from self._bare()
        yield from self._merged_away()
        yield from self._taken_out()

    def _fact(self, fact_id: str, places: list[str]) -> Iterator[Finding]:
        by = self.ground.brought.get(fact_id, "")
        if len(places) > 1:
            yield Finding(FAULT, "twice", places[-1], f"^{fact_id} stands also at {places[0]}")
        sources = self.ground.sources.get(fact_id)
        if sources is None and by in self.hands:
            said = f"^{fact_id} is a person's own, by {by[:10]}: no entry stands behind it"
            yield Finding(NOTE, "hand-made", places[0], said)
        elif sources is None:
            yield Finding(FAULT, "source", places[0], f"no ledger names ^{fact_id}", by)
        for entry_id in sorted(i for i in sources or () if i not in self.ground.captured):
            what = f"^{fact_id} rests on entry {one_line(entry_id, 40)}, which is not in history"
            yield Finding(FAULT, "source", places[0], what, by)

    def _bare(self) -> Iterator[Finding]:
        for path, line, number in self.bare:
            commit = self.ground.bare.get((path, line), "")
            said = f"a person's own, by {commit[:10] or 'a merge'}, without an id: {one_line(line[2:], 60)!r}"
            yield Finding(NOTE, "hand-made", f"{path}:{number}", said)

    def _merged_away(self) -> Iterator[Finding]:
        lost = sorted(self.ground.brought.keys() - self.ground.gone - self.where.keys())
        if lost:
            more = " …" if len(lost) > SHOWN else ""
            said = (
                f"{count(len(lost), 'fact')} went in a merge, by no commit: ^{', ^'.join(lost[:SHOWN])}{more}"
            )
            yield Finding(NOTE, "merged-away", "merge", said)

    def _taken_out(self) -> Iterator[Finding]:
        waiting = {entry_of(path) for path in self.files}
        for entry_id in sorted(self.ground.captured.keys() - self.ground.accounted.keys() - waiting):
            said = "was captured, and left the queue by no drain and no drop"
            yield Finding(NOTE, "taken-out", entry_id, said)


def _repeated(page: Page, text: str, inside: set[int]) -> list[Fact]:
    """Return the bullets whose ids stand once more, further down the page."""
    if len(FACT_LINE.findall(text)) == len(page.facts):
        return []
    rest = ("" if n in inside else line for n, line in enumerate(page.lines))
    return list(Page("\n".join(rest)).facts.values())


def _is_page(path: str, item: Item) -> bool:
    return path.endswith(".md") and path.partition("/")[0] in PAGES and item.mode.startswith("100")
