"""The budget: as many lines as fit into it, to the character, and how they are written."""

import json

from commonplace import fence
from commonplace.memory import hearsay
from commonplace.recall.excerpt import CUT, excerpt, room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LITTLE = 80
"""Fewer characters of a text are not worth a line, unless it has no more."""

_MISSES = 8
"""How many lines in a row may be too long for what is left before no more are tried."""

_TERSE = 80
"""A correction this short or shorter is shown with what it corrects; a longer one says it itself."""

_PREMISE = 120
"""The longest premise that is shown, in characters."""

NOTHING = "0 of 0 shown: nothing that is remembered answers this"

NOTE = "^id: a fact; any other id: a person's words in a session"


class Line:
    """One line of an answer.

    ref: `^id` of a fact, or a turn's id · day: `2026-11-20`, "" if none is on record · scope: `user`,
    `project:<id>`, "" for a session outside of projects · label: topic and kind of a fact · text: what is
    shown of it · premise: what a correction corrects, "" for anything else.
    """

    __slots__ = ("day", "label", "premise", "ref", "scope", "text")

    def __init__(self, ref: str, day: str, scope: str, label: str, text: str, premise: str) -> None:
        self.ref = ref
        self.day = day
        self.scope = scope
        self.label = label
        self.text = text
        self.premise = premise


class Form:
    """How an answer is written as text. home: the project whose name need not be said."""

    between = 1
    """Characters between two lines."""

    def __init__(self, home: str = "") -> None:
        self.home = home

    def line(self, line: Line) -> str:
        """Return one line: `^2m7r4xbeyz [deploy, 2026-11-20] Tag the release first`."""
        project = line.scope.removeprefix("project:")
        other = project.rpartition("/")[2] if project not in ("user", self.home) else ""
        about = ", ".join(part for part in (other, line.label, line.day) if part)
        said = f"{line.ref} [{about}] {line.text}" if about else f"{line.ref} {line.text}"
        return f"{said} (on: {line.premise})" if line.premise else said

    def whole(self, rows: list[str], total: int) -> str:
        """Return the answer."""
        return "\n".join([f"{len(rows)} of {total} shown. {NOTE}" if total else NOTHING, *rows])


class JsonForm(Form):
    """How an answer is written as JSON."""

    between = 4

    def line(self, line: Line) -> str:
        """Return one line as an object."""
        said = {name: value for name in Line.__slots__ if (value := getattr(line, name)) or name == "text"}
        return json.dumps({"id": said.pop("ref"), **said}, ensure_ascii=False)

    def whole(self, rows: list[str], total: int) -> str:
        """Return the answer: an object, a line of it for each line."""
        head = f'{{"note": "{fence.NOTE}", "shown": {len(rows)}, "total": {total}, "lines": ['
        return head + "".join(f"\n  {row}," for row in rows)[: -1 if rows else None] + "\n]}"


def fit(
    lines: "Iterable[Line]", counts: "Mapping[str, float]", budget: int, total: int, form: Form
) -> tuple[list[Line], str]:
    """Return the lines that fit, in their order, each cut to its room, and the text of all.

    counts: the terms by which a line is cut (see `excerpt`) · budget: the longest text, in characters. What
    says the same as a line before it is left out.
    """
    taken: list[Line] = []
    rows: list[str] = []
    seen: set[str] = set()
    left = budget - len(form.whole([], total)) - len(str(total))
    misses = 0
    for line in lines:
        same = "".join(filter(str.isalnum, line.text.lower()))
        if same in seen:
            continue
        seen.add(same)
        row = _row(line, counts, room(len(rows)), left - form.between, form)
        if row:
            taken.append(line)
            rows.append(row)
            left -= len(row) + form.between
        else:
            misses += 1
            if misses > _MISSES:
                break
    return taken, form.whole(rows, total)


def _row(line: Line, counts: "Mapping[str, float]", limit: int, left: int, form: Form) -> str:
    """Return a line as it is written, cut to its room and to what is left, "" where that is too little."""
    whole, line.text = line.text, ""
    if len(whole) > _TERSE:
        line.premise = ""
    elif len(line.premise) > _PREMISE:
        line.premise = line.premise[:_PREMISE].rstrip() + CUT
    said, line.text = hearsay.split(whole)  # however short it is cut, who said it stays
    free = left - len(form.line(line))
    if free < min(len(said), _LITTLE):
        return ""
    line.text = excerpt(said, counts, min(limit, free)) + line.text
    row = form.line(line)
    return row if len(row) <= left else ""
