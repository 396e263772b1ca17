"""What a plan is made from: everything read once, so that planning has no effect and needs no git."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from commonplace.drain.room import Budget
from commonplace.drain.targets import Target
from commonplace.entry import Entry
from commonplace.ledger import Op


@dataclass(frozen=True)
class Limits:
    """How large the index page may get."""

    lines: int
    bytes: int


@dataclass(frozen=True)
class Offer:
    """What an open proposal on a page offers: its id, the page before and after, evidence, ledger, notes."""

    id: str
    base: str
    new: str
    evidence: tuple[str, ...]
    ops: tuple[Op, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Given:
    """What a plan is made from. `pages` are the texts under memory/, by path; `targets` the skills,
    rules and open proposals; `drained` the entries that history shows drained: id → drain; `budget` what
    all rules may hold; `offers` the open proposals on pages, by path; `recalled` the ids of facts that an
    agent was given to read.
    """

    entries: tuple[Entry, ...]
    pages: Mapping[str, str]
    targets: Mapping[str, Target]
    rejected: frozenset[tuple[str, str]]
    drained: Mapping[str, str]
    limits: Limits
    budget: Budget = field(default_factory=Budget)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    recalled: frozenset[str] = frozenset()
