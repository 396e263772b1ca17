"""What a proposal's message says between its ledger and its trailers, written and read back.

    note: ^2m7r4xbeyz is evicted, met in 1 session on 1 day: all rules stay within rules.max_chars

        | 01M7WM9C8R9V3T5N2M7R4XBEYZ self-eval · agent · claude-code · 2026-11-20T14:03:11Z
        | snag: it hung
        | better: clip first

    check: failed: exit code 1
        | skills/cad/SKILL.md:4 a line is too long

A line with a bar quotes an entry or the check; the others are made by code.
"""

from collections.abc import Iterable
from itertools import takewhile

from commonplace.ledger import QUOTE, cited
from commonplace.text import one_line

_NOTE, _CHECK = "note: ", "check: "


def said(notes: Iterable[str], quoted: Iterable[str], check: str, output: Iterable[str]) -> list[str]:
    """Return the lines of a proposal's message between its ledger and its trailers."""
    blocks = [[_NOTE + one_line(note, 300) for note in notes], list(quoted)]
    if check:
        blocks.append([_CHECK + one_line(check, 200), *(cited(line, 200) for line in output)])
    return "\n\n".join("\n".join(block) for block in blocks if block).split("\n")


def verdict(body: str) -> tuple[str, tuple[str, ...]]:
    """Return what a message says of the check, and the lines that it printed."""
    lines = body.split("\n")
    start = next((n for n, line in enumerate(lines) if line.startswith(_CHECK)), None)
    if start is None:
        return "", ()
    below = takewhile(lambda line: line.startswith(QUOTE), lines[start + 1 :])
    return lines[start][len(_CHECK) :], tuple(line[len(QUOTE) :] for line in below)


def notes(body: str) -> tuple[str, ...]:
    """Return the notes of a message."""
    return tuple(line[len(_NOTE) :] for line in body.split("\n") if line.startswith(_NOTE))
