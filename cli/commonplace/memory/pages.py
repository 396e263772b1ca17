"""A page of memory: a topic's bullets, each a fact that ends in its block id.

People edit these files, so a page is kept as its lines and only the lines that change are written.

    # CAD rendering

    ## Corrections
    - Clip to the working window before rendering a full modelspace. ^2m7r4xbeyz
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from commonplace.text import visible

SECTIONS = {
    "fact": "Facts",
    "decision": "Decisions",
    "preference": "Preferences",
    "correction": "Corrections",
    "procedure": "Procedures",
    "event": "Events",
    "lesson": "Lessons",
}
"""Type of an entry → heading of the section its fact stands under."""

_ID = re.compile(r"\s\^([0-9a-hjkmnp-tv-z]{10}(?:-[0-9]{1,5})?)\s*$")
FACT_LINE = re.compile(r" \^[0-9a-hjkmnp-tv-z]{10}(?:-[0-9]{1,5})?[ \t\r]*$", re.MULTILINE)
"""The end of a fact's last line, for counting and finding facts without reading pages whole."""

FENCES = ("```", "~~~")
"""What begins or ends a block of code, at the start of a line."""

_LOOKS_LIKE_ID = re.compile(r"(?<!\\)\\*\^(?=[0-9a-z]{10})", re.IGNORECASE)


@dataclass(frozen=True)
class Fact:
    """A bullet with a block id. `start` to `end` are its lines; `text` is what it says, unescaped."""

    id: str
    text: str
    start: int
    end: int
    section: str


def bullet(text: str, fact_id: str) -> list[str]:
    """Return a fact's lines: continuation lines indented, the id at the end, no id forged in between."""
    lines = [line.strip() for line in visible(text).split("\n") if line.strip()]
    safe = [_LOOKS_LIKE_ID.sub(r"\\\g<0>", line) for line in lines] or [""]
    safe[-1] += f" ^{fact_id}"
    return ["- " + safe[0], *("  " + line for line in safe[1:])]


class Page:
    """The lines of a page and the facts on it.

    Changes are gathered and written in one go by `text`, so that ten thousand new facts cost one pass.
    """

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._return = "\r" if 2 * text.count("\r\n") > text.count("\n") else ""
        self.facts = {fact.id: fact for fact in _facts(self.lines)}
        self._gone: dict[int, int] = {}
        self._instead: dict[int, list[str]] = {}
        self._new: dict[str, list[str]] = {}
        self._ids = set(self.facts)

    def __contains__(self, fact_id: str) -> bool:
        return fact_id in self._ids

    @property
    def gone(self) -> list[Fact]:
        """Return the facts, as the page had them, that have been taken off it or are said anew."""
        return [fact for fact in self.facts.values() if fact.start in self._gone]

    def add(self, section: str, text: str, fact_id: str) -> None:
        """Put a fact at the end of a section; the section is made if there is none."""
        self._new.setdefault(section, []).extend(line + self._return for line in bullet(text, fact_id))
        self._ids.add(fact_id)

    def remove(self, fact_id: str) -> None:
        """Take a fact off the page."""
        fact = self.facts[fact_id]
        self._gone[fact.start] = fact.end
        self._ids.discard(fact_id)

    def replace(self, fact_id: str, text: str, new_id: str) -> None:
        """Put another fact in a fact's place."""
        self.remove(fact_id)
        fact = self.facts[fact_id]
        new, last = bullet(text, new_id), self.lines[fact.end - 1]
        lines = [line + self._return for line in new[:-1]] + [new[-1] + ("\r" if last[-1:] == "\r" else "")]
        self._instead[fact.start] = lines
        self._ids.add(new_id)

    def text(self) -> str:
        """Return the page with all changes made: only their lines differ."""
        body = list(self._sections_filled(list(self._kept())))
        for section, lines in self._new.items():
            if body[-1]:  # the last line does not end yet
                body[-1:] = [body[-1] + self._return, ""]
            blank = [self._return] if body[-2:-1] and body[-2].strip() else []
            body[-1:] = [*blank, f"## {section}{self._return}", *lines, ""]
        self._new = {}
        return "\n".join(body)

    def _kept(self) -> Iterator[str]:
        position = 0
        while position < len(self.lines):
            if position in self._gone:
                yield from self._instead.get(position, ())
                position = self._gone[position]
            else:
                yield self.lines[position]
                position += 1

    def _sections_filled(self, lines: list[str]) -> Iterator[str]:
        """Yield the lines with each section's new facts after its last line that says something."""
        position = 0
        while position < len(lines):
            end = _section_end(lines, position)
            block = lines[position:end]
            new = self._new.pop(heading, None) if (heading := _heading(block[0])) else None
            if new:
                last = max(i for i, line in enumerate(block) if line.strip()) + 1
                if last == len(block) and end == len(lines):
                    block[-1:] = [block[-1].removesuffix("\r") + self._return, *new, ""]
                elif last == len(block):
                    block += [*new, self._return]
                else:
                    block[last:last] = new
            elif heading and self._gone and _emptied(block) and heading in SECTIONS.values():
                block = []
            yield from block
            position = end


def _emptied(block: list[str]) -> bool:
    return not any(line.strip() for line in block[1:])


def _heading(line: str) -> str:
    return line[3:].strip() if line.startswith("## ") else ""


def _section_end(lines: list[str], start: int) -> int:
    fenced = False
    for number in range(start + 1, len(lines)):
        if lines[number].startswith(FENCES):
            fenced = not fenced
        elif not fenced and lines[number].startswith(("## ", "# ")):
            return number
    return len(lines)


def _facts(lines: list[str]) -> Iterator[Fact]:
    section, start, fenced = "", -1, False
    for number, line in enumerate(lines):
        if line.startswith(FENCES):
            fenced, start = not fenced, -1
        elif fenced:
            continue
        elif line.startswith("- "):
            start = number
        elif line.startswith("#"):
            section, start = _heading(line) or section, -1
        elif not line.startswith("  "):
            start = -1
        if start >= 0 and " ^" in line and (found := _ID.search(line)):
            yield Fact(found[1], _said(lines[start : number + 1]), start, number + 1, section)
            start = -1


def _said(lines: list[str]) -> str:
    text = "\n".join(line[2:] for line in lines)
    return _LOOKS_LIKE_ID.sub(lambda found: found[0].removeprefix("\\"), _ID.sub("", text))


def fact_at(text: str, line: int) -> Fact | None:
    """Return the fact that covers a line of a page, counted from 1."""
    return next((f for f in _facts(text.split("\n")) if f.start < line <= f.end), None)


def without_repeats(text: str) -> str:
    """Return the page with each fact once: where an id stands twice, the first bullet stays."""
    lines = text.split("\n")
    seen: set[str] = set()
    gone: set[int] = set()
    for fact in _facts(lines):
        if fact.id in seen:
            gone.update(range(fact.start, fact.end))
        seen.add(fact.id)
    return "\n".join(line for number, line in enumerate(lines) if number not in gone) if gone else text


def is_empty(text: str) -> bool:
    """Tell whether nothing but frontmatter, title and empty sections is left of a page."""
    body = text
    if text.startswith("---\n"):
        body = text[4:].partition("\n---\n")[2]
    return not any(line.strip() and not line.startswith("#") for line in body.split("\n"))
