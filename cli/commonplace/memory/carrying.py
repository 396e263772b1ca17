"""Carrying a change of facts over to a page as it stands now, fact by fact.

A page's facts are lines under one another, and a drain adds at the end of a list: a merge by lines would
call it a conflict whenever the next line is new. By fact, only what the change itself touches must stand.
"""

from collections.abc import Iterator

from commonplace.memory.pages import Fact, Page
from commonplace.memory.topics import described_anew


def changes(base: str, new: str) -> Iterator[tuple[Fact | None, Fact | None]]:
    """Yield (fact before, fact after) for each that differs; None for one that is not there."""
    before, after = Page(base).facts, Page(new).facts
    for fact_id in {**before, **after}:
        old, fresh = before.get(fact_id), after.get(fact_id)
        if (old and old.text) != (fresh and fresh.text):
            yield old, fresh


def carried(current: str, base: str, new: str) -> str | None:
    """Return the page with the changes from `base` to `new`, None where it says otherwise by now.

    A change that the page has already is no conflict.
    """
    page = Page(current)
    for old, fresh in changes(base, new):
        known = old or fresh
        here = page.facts.get(known.id) if known else None
        if (here and here.text) == (fresh and fresh.text):
            continue
        if (here and here.text) != (old and old.text):
            return None
        if fresh and old:
            page.replace(old.id, fresh.text, old.id)
        elif fresh:
            page.add(fresh.section, fresh.text, fresh.id)
        elif old:
            page.remove(old.id)
    return described_anew(page, page.text())
