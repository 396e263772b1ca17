"""Evidence: the entries a proposal rests on, how much they say together, and an entry in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from commonplace import captured, chronicle, ledger, plumbing, ulid
from commonplace.entry import KINDS, Entry
from commonplace.place import Place
from commonplace.secrets import masked
from commonplace.text import count, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from commonplace.proposals import Proposal

MOST = 30
"""How many entries a proposal's commit quotes; the rest are counted."""


@dataclass(frozen=True, order=True)
class Strength:
    """How often something was met: in how many sessions, on how many days (UTC). The more, the stronger.

    Ten times in one session on one day is one time; entries that name no session are of one.
    """

    sessions: int = 0
    days: int = 0

    def __str__(self) -> str:
        return f"{count(self.sessions, 'session')} on {count(self.days, 'day')}"


def strength(entries: Iterable[Entry]) -> Strength:
    """Return how often the entries met what they say."""
    held = list(entries)
    return Strength(len({entry.session for entry in held}), len({entry.at[:10] for entry in held}))


def read(place: Place, proposal: "Proposal") -> list[Entry]:
    """Return the entries behind a proposal, as far as this history holds them.

    The proposal stands on its drain, whose parent holds the entries that it took; those of an older
    proposal that it took over are looked up, and so are those that said the same again since.
    """
    again = _again(place, lessons(proposal.ops))
    wanted = dict.fromkeys([*proposal.evidence, *(i for ids in again.values() for i in ids)])
    return _parsed(_held(place, proposal, wanted), wanted)


def _held(place: Place, proposal: "Proposal", wanted: Iterable[str]) -> dict[str, bytes]:
    """Return entry id → its file, for those that this history holds."""
    names = {f"{proposal.parent}^:queue/{i}.{kind}.md": i for i in proposal.evidence for kind in KINDS}
    known = {names[name]: data for name, data in plumbing.contents(place, names).items()}
    return {**known, **captured.contents(place, [i for i in wanted if i not in known])}


def missing(place: Place, proposal: "Proposal") -> str:
    """Return the first entry that a proposal rests on and this history does not hold, or ""."""
    held = _held(place, proposal, proposal.evidence)
    return next((entry_id for entry_id in proposal.evidence if entry_id not in held), "")


def of_lessons(place: Place, found: Iterable[str]) -> dict[str, Strength]:
    """Return lesson id → its strength, from every line of the history's ledgers that names it."""
    sources = _again(place, found)
    known = captured.contents(place, {i for ids in sources.values() for i in ids})
    return {lesson: strength(_parsed(known, ids)) for lesson, ids in sources.items()}


def lessons(ops: Iterable[ledger.Op]) -> list[str]:
    """Return the ids of the lessons that a proposal's ledger says it adds to."""
    return [op.words[0][1:] for op in ops if op.verb == "lesson"]


def _again(place: Place, found: Iterable[str]) -> dict[str, list[str]]:
    """Return lesson id → the entries that stand for it, or said it again, in the history."""
    sources: dict[str, list[str]] = {lesson: [] for lesson in found}
    if not sources:
        return {}
    commits = chronicle.naming(place, sources)[::-1]
    for body, *_ in plumbing.messages(place, commits, "%B"):
        for op in ledger.parse(body):
            if op.fact in sources and (op.verb == "lesson" or "duplicate-of" in op.words):
                sources[op.fact] += [entry_id for entry_id in op.entries if ulid.is_ulid(entry_id)]
    return sources


def _parsed(known: Mapping[str, bytes], wanted: Iterable[str]) -> list[Entry]:
    found = (captured.parsed(entry_id, known.get(entry_id)) for entry_id in dict.fromkeys(wanted))
    return [entry for entry in found if entry]


def lines(entry: Entry) -> list[str]:
    """Return an entry as lines: who said it where and when, then what, secrets masked."""
    marks = [entry.kind, entry.type, entry.origin, entry.host]
    if entry.session:
        marks.append(f"session {entry.session}")
    head = f"{entry.id}  {' · '.join(one_line(m, 60) for m in marks if m)} · {one_line(entry.at, 30)}"
    if entry.kind == "flag":
        said = [head, f'  "{one_line(masked(entry.text), 300)}"']
        if entry.pair:
            said.append(f'  pair {one_line(entry.pair, 20)}, about: "{one_line(masked(entry.premise), 300)}"')
        return said
    return [
        head,
        f"  snag: {one_line(masked(entry.snag), 300)}",
        f"  better: {one_line(masked(entry.better), 300)}",
    ]


def for_message(entries: list[Entry]) -> list[str]:
    """Return the entries as lines for a commit's message, each marked as quoted and cut to a bound."""
    said = [ledger.cited(line, 400) for entry in entries[:MOST] for line in lines(entry)]
    left = len(entries) - MOST
    return [*said, f"{ledger.QUOTE}and {left} more"] if left > 0 else said
