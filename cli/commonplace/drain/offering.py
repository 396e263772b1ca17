"""Offering: the drafts of a plan as commits for proposals, each looked at by the check where there is one."""

from collections.abc import Callable
from dataclasses import replace

from commonplace import evidence, proposal_text
from commonplace.drain.checking import Check, Verdict
from commonplace.drain.lessons import Draft
from commonplace.drain.plan import Plan
from commonplace.drain.snapshot import Snapshot
from commonplace.entry import Entry
from commonplace.ledger import Op, message
from commonplace.place import Place
from commonplace.plumbing import TOOL, Commit
from commonplace.text import count


def commits(
    place: Place,
    taken: Snapshot,
    plan: Plan,
    drain_id: str,
    check: Check | None,
    told: Callable[[str], None],
) -> dict[str, Commit]:
    """Return branch → commit for the plan's drafts, each checked where there is a check.

    A draft that did not pass is noted in the plan as one for a person alone.
    """
    known = {entry.id: entry for entry in taken.entries}
    older = {proposal.id: proposal for proposal in taken.open_proposals}
    commits = {}
    for at, draft in enumerate(plan.drafts):
        if draft.replaces:
            known.update({e.id: e for e in evidence.read(place, older[draft.replaces]) if e.id not in known})
        verdict = Verdict("")
        if check and not draft.disputed:
            told(f"checking the proposal for {draft.target}")
            verdict = check.verdict(draft, taken.on_disk)
            plan.drafts[at] = replace(draft, check=verdict.says)
        entries = [known[entry_id] for entry_id in draft.evidence if entry_id in known]
        commits[f"proposal/{draft.id}"] = _commit(draft, drain_id, entries, verdict)
    return commits


def _commit(draft: Draft, drain_id: str, entries: list[Entry], verdict: Verdict) -> Commit:
    """Return the one commit of a proposal, with the entries it rests on and what the check said of it."""
    noun = ("entry", "entries") if draft.disputed else ("self-eval", "self-evals")
    subject = f"proposal: {draft.target}, {count(len(draft.evidence), *noun)}"
    ops = [Op("propose", (draft.id, draft.target), draft.evidence), *draft.ops]
    said = proposal_text.said(draft.notes, evidence.for_message(entries), verdict.says, verdict.output)
    text = message(subject, ops, [("Drain-Id", drain_id), ("Proposal", draft.id)], said)
    return Commit(text, TOOL, TOOL, {draft.path: draft.new.encode("utf-8", "surrogateescape")})
