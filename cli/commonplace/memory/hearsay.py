"""Hearsay: what a tool or a web page said. On a page it is marked as such, and it changes nothing that the
person or the agent said.
"""

MARKS = {"tool": " (said by a tool)", "web": " (said by a web page)"}
"""Origin of an entry → what its text ends with on a page. The mark is how a fact's origin is known there."""


def split(text: str) -> tuple[str, str]:
    """Return (what was said, the mark behind it), "" where there is none.

    A line break before the mark counts as a blank: the lines of a fact lose theirs on a page.
    """
    whole = text.rstrip()
    for mark in MARKS.values():
        said = whole.removesuffix(mark.lstrip())
        if said != whole and said[-1:] in ("", " ", "\n"):
            return said.rstrip(), mark
    return text, ""


def mark_of(text: str) -> str:
    """Return the mark that a fact's text ends with, or ""."""
    return split(text)[1]


def may_replace(origin: str, old: str) -> bool:
    """Tell whether what an origin said may take the place of a fact's text: hearsay only hearsay's."""
    return origin not in MARKS or bool(mark_of(old))


def marked(text: str, mark: str) -> str:
    """Return a text with the mark at its end, once."""
    return text if mark_of(text) else text + mark
