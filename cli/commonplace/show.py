"""Showing things to a person: diffs, colours, times. Returns text; it does not print."""

import os
import sys
import time

from commonplace.secrets import masked
from commonplace.text import one_line, visible

_COLOURS = {"+": "32", "-": "31", "@": "36", "bold": "1", "dim": "2", "yellow": "33"}


def colour(text: str, name: str) -> str:
    """Return the text in a colour, if standard output is a terminal that wants colours."""
    return f"\x1b[{_COLOURS[name]}m{text}\x1b[0m" if wants_colour() else text


def wants_colour() -> bool:
    """Tell whether standard output is a terminal, and NO_COLOR and TERM=dumb do not forbid colour."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def diff(path: str, old: bytes | str | None, new: bytes | str | None) -> str:
    """Return a unified diff of one file, what looks like a secret masked; None stands for no file."""
    import difflib

    before, after = (
        os.devnull if side is None else side_name
        for side, side_name in ((old, f"a/{one_line(path)}"), (new, f"b/{one_line(path)}"))
    )
    found = difflib.unified_diff(_lines(old), _lines(new), before, after, lineterm="")
    return "\n".join(coloured(visible(line)) for line in found)


def coloured(line: str) -> str:
    """Return a line of a unified diff in its colour, where colours are wanted."""
    if line.startswith(("+++", "---")):
        return colour(line, "bold")
    return colour(line, line[0]) if line[:1] in _COLOURS else line


def _lines(data: bytes | str | None) -> list[str]:
    if data is None:
        return []
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return masked(text).encode("utf-8", "replace").decode().splitlines()


def when(at: float) -> str:
    """Return a Unix time in the person's own time zone."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
