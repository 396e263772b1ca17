"""What a purge replaces, and with what: in files, in messages, in private copies."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from commonplace import secrets, ulid
from commonplace.drain.reading import parse_entry
from commonplace.entry import KINDS, Entry, EntryError, quote
from commonplace.forgotten import texts
from commonplace.ledger import QUOTE, defanged
from commonplace.memory.pages import Page
from commonplace.memory.topics import describe, description

GONE = "[forgotten]"
"""What stands in the place of what was said."""

LEAST = 12
"""The fewest characters of a text that is replaced where others say it too; a shorter one is chance."""

_SAID_BY = (" (said by a tool)", " (said by a web page)")


@dataclass
class Mask:
    """words: secrets, replaced wherever they stand · texts: what was said, replaced where it is a whole line:
    a part of another fact is that fact's own · facts and entries: whose text is replaced · lines:
    descriptions taken from such a text, which a page and the index may hold cut.
    """

    words: dict[bytes, bytes] = field(default_factory=dict)
    texts: set[str] = field(default_factory=set)
    facts: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()
    lines: dict[str, str] = field(default_factory=dict)

    def learn(self, said: Iterable[str]) -> None:
        """Replace these texts, and the secrets in them."""
        for text in said:
            for secret in secrets.find(text):
                self.words[_bytes(text[secret.start : secret.end])] = _bytes(secret.mask)
            if len(text) >= LEAST and GONE not in text:
                self.texts.add(text)
            if len(describe(text)) >= LEAST:
                self.lines[describe(text)] = GONE

    def touches(self, data: bytes) -> bool:
        """Tell whether a file may hold anything that is replaced."""
        return (
            any(word in data for word in self.words)
            or any(_bytes(text) in data for text in self.texts)
            or any(f"^{fact_id}".encode() in data for fact_id in self.facts)
            or any(entry_id.encode() in data for entry_id in self.entries)
            or any(_bytes(line) in data or _bytes(_plain(line)) in data for line in self.lines)
        )

    def study(self, data: bytes) -> None:
        """Learn from a file what the facts said that are replaced: others may have copied it."""
        if not self.touches(data):
            return
        text = _text(data)
        entry = _entry(text)
        if entry and entry.id in self.entries:
            self.learn(texts(entry))
        for fact in Page(text).facts.values():
            if fact.id in self.facts:
                self.learn([_bare(fact.text), fact.text])
            elif (new := self._words(_bytes(fact.text))) != _bytes(fact.text):
                self.lines[describe(fact.text)] = describe(_text(new))

    def blob(self, data: bytes) -> bytes:
        """Return a file with everything replaced that is to be; itself where there is nothing."""
        if not self.touches(data):
            return data
        text = _text(data)
        entry = _entry(text)
        if entry and entry.id in self.entries:
            return _without_text(entry).to_markdown().encode("utf-8", "surrogateescape")
        if f'id: "{next(iter(self.entries), "")}"' in text and text.startswith("---\n"):
            return _bytes(GONE + "\n")  # an entry that nobody can read
        return self.message(_bytes(self._lines(self._page(text))))

    def message(self, data: bytes) -> bytes:
        """Return a message with the secrets replaced, and the lines that say just what was said.

        A proposal's message quotes its entries: below the id of one that is replaced, all it says goes.
        """
        lines = _text(data).split("\n")
        whose = ""
        for number, line in enumerate(lines):
            bare = line.strip().removeprefix("- ")
            quoted = line[len(QUOTE) :] if line.startswith(QUOTE) else ""
            if ulid.is_ulid(first := quoted.partition(" ")[0]):
                whose = first
            elif quoted and self._is_said(quoted, whose):
                lines[number] = QUOTE + GONE
            elif bare in self.texts:
                lines[number] = line.replace(bare, GONE)
        return self._words(_bytes("\n".join(lines)))

    def _is_said(self, quoted: str, whose: str) -> bool:
        """Tell whether a quoted line says what is replaced: of an entry of ours, or a text of ours."""
        ours = whose in self.entries and quoted.startswith(('"', "snag: ", "better: ", "pair "))
        return ours or any(defanged(text, 0) in quoted for text in self.texts)

    def log(self, data: bytes) -> bytes:
        """Return a log or a mark of ours with everything replaced, wherever it stands."""
        for text in sorted(self.texts, key=len, reverse=True):
            data = data.replace(_bytes(text), _bytes(GONE))
        return self._words(data)

    def _words(self, data: bytes) -> bytes:
        for word in sorted(self.words, key=len, reverse=True):
            data = data.replace(word, self.words[word])
        return data

    def _page(self, text: str) -> str:
        if not any(f"^{fact_id}" in text for fact_id in self.facts):
            return text
        page = Page(text)
        for fact in [fact for fact in page.facts.values() if fact.id in self.facts]:
            page.replace(fact.id, GONE + fact.text[len(_bare(fact.text)) :], fact.id)
        return page.text()

    def _lines(self, text: str) -> str:
        if not self.lines:
            return text
        old = description(text)
        if old in self.lines:
            text = text.replace(f"description: {quote(old)}", f"description: {quote(self.lines[old])}", 1)
        for line, new in self.lines.items():
            text = text.replace(f") {_plain(line)} (", f") {_plain(new)} (")
        return text


def _plain(line: str) -> str:
    """Return a description as the index has it."""
    return line.translate(str.maketrans("", "", "[]<>`"))


def _bare(text: str) -> str:
    """Return a fact's text without what the drain put behind it."""
    for mark in _SAID_BY:
        text = text.removesuffix(mark)
    return text


def _entry(text: str) -> Entry | None:
    """Return the entry that a file holds, by the id inside it; None if it is none."""
    head = text[:200]
    if not text.startswith("---\n") or "\nid: " not in head:
        return None
    entry_id = head.partition("\nid: ")[2].partition("\n")[0].strip().strip('"')
    for kind in KINDS:
        try:
            return parse_entry(f"{entry_id}.{kind}.md", _bytes(text))
        except EntryError:
            continue
    return None


def _without_text(entry: Entry) -> Entry:
    fields = {name: getattr(entry, name) for name in entry.__slots__}
    fields |= {name: GONE for name in ("text", "snag", "better", "premise") if fields[name]}
    return Entry(**fields)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
