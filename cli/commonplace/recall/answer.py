"""The answer to a recall: ranked lines within a budget of characters."""

import sqlite3

from commonplace.errors import CommonplaceError, UsageError
from commonplace.place import Place
from commonplace.recall import asking, memory, search, sessions, weighing
from commonplace.recall import index as indexes
from commonplace.recall.budget import Form, JsonForm, Line, fit
from commonplace.recall.index import Index
from commonplace.recall.scope import Scope
from commonplace.secrets import masked
from commonplace.substrate.decay import HALF_LIFE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BUDGET = 4096
"""The budget where none is said, in characters."""

LEAST = 200
"""The smallest budget, in characters: a heading and a line."""

SOURCES = ("memory", "sessions", "all")


class Recalled:
    """What was recalled. lines: as shown · ids: their refs, `^id` of a fact, a turn's id · shown: how many of
    the `total` that match · text: all of it, `budget` characters at most, or the same as JSON.
    """

    __slots__ = ("ids", "lines", "shown", "text", "total")

    def __init__(self, lines: list[Line], text: str, total: int) -> None:
        self.lines = lines
        self.ids = [line.ref for line in lines]
        self.shown = len(lines)
        self.total = total
        self.text = text


def check_budget(settings: "Mapping[str, str]", budget: int, *, yes: bool = False) -> None:
    """Raise UsageError for a budget too small, CommonplaceError for one too large that nobody agreed to."""
    if budget < LEAST:
        raise UsageError(f"a budget of {budget:,} characters is too small", f"use --budget {LEAST} or more")
    most = int(settings["recall.max_budget"])
    if budget > most and not yes:
        raise CommonplaceError(
            f"a budget of {budget:,} characters is above recall.max_budget ({most:,})", "say --yes to have it"
        )


def recall(
    place: Place,
    settings: "Mapping[str, str]",
    query: str,
    *,
    budget: int,
    project: str,
    everywhere: bool,
    source: str,
    now: float,
    environ: "Mapping[str, str]",
    as_json: bool = False,
) -> Recalled:
    """Recall what answers a query, or with none the best for the project, in at most `budget` characters.

    settings: as `compiled.load` returns them · project: whose memory and sessions are served beside the
    user's, "" for none · everywhere: those of all projects · source: one of SOURCES, or "" for memory, and
    sessions once their logs have been read · now: Unix time. The index is brought up to date first.
    """
    source = source or ("all" if sessions.are_known(place) else "memory")
    scope = Scope(source, project, everywhere=everywhere)
    half_life = float(settings.get("mine.half_life_days") or HALF_LIFE)

    def answer(index: Index) -> Recalled:
        if source != "sessions":
            memory.refresh(place, index, now)
        if source != "memory":
            sessions.refresh(place, index, environ, settings.get("mine.markers", ""))
        with index.at_rest():
            asked = asking.asked(index, query, now)
            hits = search.ranked(index, asked, scope, now, half_life)
            total = max(len(hits), weighing.count(index, asked.terms, scope))
            form = JsonForm() if as_json else Form(project)
            return Recalled(*fit(_lines(index, hits), asked.terms, budget, total, form), total)

    index = indexes.open(place)
    try:
        return answer(index)
    except sqlite3.DatabaseError as error:
        return answer(indexes.instead(place, index, error))


def _lines(index: Index, hits: list[search.Hit]) -> "Iterator[Line]":
    for hit in hits:
        ref, label, text, premise, scope = index.db.execute(
            "SELECT ref, label, text, premise, scope FROM lines, pages WHERE lines.id = ? AND pages.id = ?",
            (hit.line, hit.line >> indexes.PLACES),
        ).fetchone()
        yield Line(ref, hit.day, scope, masked(label), masked(text), masked(premise))
