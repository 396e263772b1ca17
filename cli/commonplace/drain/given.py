"""What a plan is made from: everything read once, so that planning has no effect and needs no git."""

from collections.abc import Mapping
from dataclasses import dataclass

from commonplace.drain.lessons import Target
from commonplace.entry import Entry


@dataclass(frozen=True)
class Limits:
    """How large the index page may get."""

    lines: int
    bytes: int


@dataclass(frozen=True)
class Given:
    """What a plan is made from. `pages` are the texts under memory/, by path; `targets` the skills,
    rules and open proposals; `drained` the entries that history shows drained: id → drain.
    """

    entries: tuple[Entry, ...]
    pages: Mapping[str, str]
    targets: Mapping[str, Target]
    rejected: frozenset[tuple[str, str]]
    drained: Mapping[str, str]
    limits: Limits
