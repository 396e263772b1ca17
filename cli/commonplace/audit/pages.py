"""What a commit changed on a page: facts that came, went or say something else, and other lines."""

import re
from dataclasses import dataclass, field

from commonplace.memory.pages import SECTIONS, Page

_FACT = re.compile(r"- .*\s\^([0-9a-hjkmnp-tv-z]{10}(?:-[0-9]{1,5})?)\s*$")

Lines = tuple[str, ...]

OUR_HEADINGS = frozenset(["", *(f"## {heading}" for heading in SECTIONS.values())])
"""The lines that come and go with the facts below them."""


@dataclass
class Difference:
    """came, went: fact id → its lines; a fact that says something else is in both · plus, minus: the other
    lines that came and went, in their order.
    """

    came: dict[str, Lines] = field(default_factory=dict)
    went: dict[str, Lines] = field(default_factory=dict)
    plus: list[str] = field(default_factory=list)
    minus: list[str] = field(default_factory=list)

    @property
    def new(self) -> set[str]:
        """Return the facts that were not on the page before."""
        return self.came.keys() - self.went.keys()

    @property
    def gone(self) -> set[str]:
        """Return the facts that are not on the page any more."""
        return self.went.keys() - self.came.keys()

    @property
    def reworded(self) -> set[str]:
        """Return the facts that say something else now."""
        return self.came.keys() & self.went.keys()


def difference(old: bytes, new: bytes) -> Difference:
    """Compare two versions of a page, b"" for none."""
    before, after = _lines(old), _lines(new)
    plus, minus = _without(after, before), _without(before, after)
    found = Difference()
    if not any(_is_part(line) for line in (*plus, *minus)):
        found.came, found.plus = _single(plus)
        found.went, found.minus = _single(minus)
        return found
    # A fact of several lines: only the whole page tells where it begins.
    was, now = facts("\n".join(before)), facts("\n".join(after))
    found.came = {fact_id: lines for fact_id, lines in now.items() if was.get(fact_id) != lines}
    found.went = {fact_id: lines for fact_id, lines in was.items() if now.get(fact_id) != lines}
    found.plus = _outside(plus, found.came)
    found.minus = _outside(minus, found.went)
    return found


def facts(text: str) -> dict[str, Lines]:
    """Return fact id → its lines as they stand on the page."""
    page = Page(text)
    return {fact.id: tuple(page.lines[fact.start : fact.end]) for fact in page.facts.values()}


def _lines(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").split("\n") if data else []


def _without(lines: list[str], others: list[str]) -> list[str]:
    known = set(others)
    return [line for line in lines if line not in known]


def _is_part(line: str) -> bool:
    """Tell whether a line may be one of several of a fact."""
    return line.startswith("  ") or (line.startswith("- ") and not _FACT.match(line))


def _single(lines: list[str]) -> tuple[dict[str, Lines], list[str]]:
    found: dict[str, Lines] = {}
    rest = []
    for line in lines:
        if match := _FACT.match(line):
            found[match[1]] = (line,)
        else:
            rest.append(line)
    return found, rest


def _outside(lines: list[str], found: dict[str, Lines]) -> list[str]:
    inside = {line for each in found.values() for line in each}
    return [line for line in lines if line not in inside]
