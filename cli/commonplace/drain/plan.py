"""The plan of a drain: what its commits will hold, computed without any effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from commonplace.drain.consolidate import Answers, Consolidator
from commonplace.drain.disputes import Disputes
from commonplace.drain.given import Given, Limits
from commonplace.drain.lessons import Draft, Lessons
from commonplace.drain.sorting import Sorted, sort
from commonplace.drain.votes import Disputed
from commonplace.ledger import Op
from commonplace.memory import topics
from commonplace.memory.pages import FACT_LINE
from commonplace.memory.topics import INDEX, topic_of
from commonplace.text import count


@dataclass
class Plan:
    """What a drain will do: path → new text (None: the page goes), the ledger, the proposals."""

    pages: dict[str, str | None] = field(default_factory=dict)
    ops: list[Op] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    flags: int = 0
    self_evals: int = 0

    @property
    def subject(self) -> str:
        """Return the subject of the drain's commit, from counts alone."""
        touched = {path for path, text in self.pages.items() if path != INDEX and text is not None}
        parts = []
        if self.flags:
            where = f" into {count(len(touched), 'topic')}" if touched else ", nothing new"
            parts.append(count(self.flags, "flag") + where)
        if self.self_evals:
            parts.append(count(self.self_evals, "self-eval"))
        if self.drafts:
            parts.append(count(len(self.drafts), "proposal"))
        return "drain: " + (", ".join(parts) or "nothing new")


def make(
    given: Given,
    found: Sorted | None = None,
    answers: Answers | None = None,
    disputed: Mapping[str, Sequence[Disputed]] | None = None,
) -> Plan:
    """Plan a drain of the entries, in the order of their ids.

    `found` is how they were sorted, if that was done already; `answers` what workers made of packets,
    `disputed` what too few of them said.
    """
    found = found or sort(given)
    answers = answers or {}
    plan = Plan(ops=list(found.ops))
    fresh = [entry for entry in given.entries if entry.id not in given.drained]
    plan.flags = sum(entry.kind == "flag" for entry in fresh)
    plan.self_evals = len(fresh) - plan.flags
    consolidator = Consolidator(given, found)
    consolidator.take(found.topics, answers)
    plan.ops += consolidator.ops
    plan.notes += consolidator.notes
    plan.pages.update(consolidator.pages())
    lessons = Lessons(given.targets, given.rejected, given.budget)
    lessons.plan(found.targets, answers)
    plan.ops += lessons.ops
    plan.drafts += lessons.drafts
    _offer(given, plan, consolidator.sources, disputed or {})
    _index(given, plan)
    return plan


def _offer(
    given: Given,
    plan: Plan,
    filed: Mapping[str, Sequence[str]],
    disputed: Mapping[str, Sequence[Disputed]],
) -> None:
    """Plan a proposal for each page on which the votes disagree. Its entries are filed, as they were said:
    the drain's ledger names them there alone.
    """
    pages = {path: text for path, text in {**given.pages, **plan.pages}.items() if text is not None}
    entries = {entry.id: entry for entry in given.entries}
    for draft in Disputes(pages, entries, filed, given.offers, given.rejected).plan(disputed):
        plan.ops.append(Op("propose", (draft.id, draft.target)))
        plan.drafts.append(draft)


def _index(given: Given, plan: Plan) -> None:
    """Plan the index page from every topic's page as it will stand."""
    plan.pages.update({INDEX: index_of(given.pages, plan.pages, given.limits)})
    if plan.pages[INDEX] == given.pages.get(INDEX):
        del plan.pages[INDEX]


def index_of(pages: Mapping[str, str], changed: Mapping[str, str | None], limits: Limits) -> str:
    """Return the index page for the pages as they will stand after the changes."""
    lines = []
    for path in sorted({*pages, *changed}):
        topic = topic_of(path)
        text = changed[path] if path in changed else pages[path]
        if topic and text is not None:
            facts = len(FACT_LINE.findall(text))
            lines.append(topics.Line(topic, topics.description(text), facts))
    return topics.index_page(lines, limits.lines, limits.bytes)
