"""What `mine` answers: the corrections in the hosts' session logs, ranked by their signals."""

import os

from commonplace.errors import UsageError
from commonplace.secrets import masked
from commonplace.substrate import detection, labels, pairs, reading, signals
from commonplace.text import count, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from commonplace.place import Place
    from commonplace.settings import Settings
    from commonplace.substrate.reading import Reading
    from commonplace.substrate.signals import Row

_CELL, _WIDE = 10, 13
"""How wide a column of signals is, and one with a word in it, in characters."""

_PROJECT = 24
"""The widest that a project is shown, in characters."""


class Mined:
    """The pairs found, each with its signals, the highest rank first, and the reading they come from."""

    def __init__(self, rows: "list[Row]", reading: "Reading", said: "Mapping[str, str]") -> None:
        self.rows = rows
        self.reading = reading
        self.labels = said

    @property
    def totals(self) -> str:
        """What was read and found, in a line."""
        read = self.reading
        said = (count(read.files, "file"), count(read.turns, "turn"), count(len(self.rows), "pair"))
        return f"{', '.join(said)}, {read.skipped:,} skipped"


def mine(
    place: "Place",
    settings: "Settings",
    environ: "Mapping[str, str]",
    now: float,
    *,
    host: str = "",
    path: str = "",
    after: str = "",
    every: bool = False,
    progress: "Callable[[int, int], None] | None" = None,
) -> Mined:
    """Read what is new in the logs and return the pairs in them.

    now: seconds since 1970 · host, path, progress: see `reading.refresh` · after: ISO 8601, only pairs of
    that time and later · every: with all signals, also those that the settings switch off.
    """
    if path and not os.path.isdir(path):
        raise UsageError(f"{path} is no folder", "name a folder of session logs, or leave --path out")
    read = reading.refresh(place, environ, host, path, progress)
    found = pairs.of(read.all_turns(), detection.marked(settings.text("mine.markers")))
    said = labels.load(place)
    rows = signals.table(found, now, settings, said, every=every)
    return Mined([row for row in rows if row.pair.turn.at >= after], read, said)


def text(mined: Mined, width: int = 0) -> str:
    """Return the pairs, one a line, and the totals. width: of the terminal in characters, 0 for none."""
    projects = min(max((len(row.pair.turn.project) for row in mined.rows), default=0), _PROJECT)
    return "\n".join([*(_line(row, projects, width) for row in mined.rows), mined.totals])


def _line(row: "Row", projects: int, width: int) -> str:
    turn, correction = row.pair.turn, masked(row.pair.correction)
    project = one_line(turn.project, projects)
    head = f"{turn.id}  {turn.at[:10] or '-':<10}  {project:<{projects}}  {row.pair.score:.2f}  "
    premise = f"  <- {masked(row.pair.premise)}" if row.pair.premise else ""
    room = max(width - len(head), 20)
    if width and len(correction) + len(premise) > room:
        correction = one_line(correction, max(room - len(premise), room * 3 // 5))
        premise = one_line(premise, room - len(correction) - 2)
        premise = f"  {premise}" if len(premise) > 4 else ""
    return f"{head}{correction}{premise}"


def columns(mined: Mined, width: int = 0) -> str:
    """Return the pairs with their signals in columns, and the totals."""
    names = {name: _WIDE if name in ("coverage", "label") else _CELL for name in signals.SIGNALS}
    head = "  ".join(["pair      ", "rank ", "decay", *(f"{name:<{wide}}" for name, wide in names.items())])
    lines = [f"{head}  correction"]
    for row in mined.rows:
        said = {"coverage": row.tier, "label": mined.labels.get(row.pair.id, "")}
        cells = (f"{row.signals.get(name, 0.0):.2f} {said.get(name, '')}" for name in names)
        values = "  ".join(f"{cell:<{wide}}" for cell, wide in zip(cells, names.values(), strict=True))
        said_then = masked(row.pair.correction)
        lines.append(f"{row.pair.id}  {row.rank:.3f}  {row.weight:.3f}  {values}  {said_then}")
    return "\n".join([*(line[: width or None] for line in lines), mined.totals])


def as_json(mined: Mined, *, every: bool = False) -> str:
    """Return the pairs and totals as JSON. every: with the signals, of which decay and rank change daily."""
    from json import dumps

    names = ("id", "host", "session", "agent", "project", "position", "at", "record", "path", "text")
    found = []
    for row in mined.rows:
        pair: dict[str, object] = {name: getattr(row.pair.turn, name) for name in names}
        pair |= {"text": masked(row.pair.turn.text)}
        pair |= {"correction": masked(row.pair.correction), "premise": masked(row.pair.premise)}
        pair |= {"score": round(row.pair.score, 4)}
        if every:
            values = {name: round(value, 4) for name, value in row.signals.items()}
            pair |= {"signals": values, "tier": row.tier, "label": mined.labels.get(row.pair.id, "")}
            pair |= {"decay": round(row.weight, 4), "rank": round(row.rank, 4)}
        found.append(pair)
    read = mined.reading
    totals = {"files": read.files, "turns": read.turns, "skipped": read.skipped, "pairs": found}
    return dumps(totals, indent=2)
