"""Telling a report: as a Markdown page that can be handed on, or as JSON.

What people, agents and tools said is quoted as code, on one line, with HTML spelled out: it can end no
quotation, be no link, call nobody and run nothing, wherever the page is shown. Secrets are masked.
"""

import re
import time
from collections.abc import Iterator
from html import escape
from itertools import groupby
from typing import Any

from commonplace.audit.report import Event, Fact, Report
from commonplace.entry import Entry
from commonplace.ledger import Op
from commonplace.secrets import masked
from commonplace.text import one_line

LONGEST = 500
"""The longest quotation, in characters; JSON has all."""

_TITLES = {"hand": "change by hand", "edit": "edit by hand"}


def quote(text: str, limit: int = LONGEST) -> str:
    """Return a text as a code span that it cannot end."""
    line = escape(one_line(masked(text), limit), quote=False)
    if not line:
        return "(nothing)"
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    # A blank inside keeps a quotation that begins or ends with a backtick from lengthening the fence.
    pad = " " if line[0] == "`" or line[-1] == "`" else ""
    return f"{ticks}{pad}{line}{pad}{ticks}"


def markdown(report: Report) -> str:
    """Return the report as a page: totals, then every day with what was done on it."""
    since = f"from {_day(report.since)} " if report.since else "from the beginning "
    lines = [
        f"# Audit of the memory, {since}to {_day(report.until)}",
        "",
        f"Branch {quote(report.branch)} at {quote(report.tip)}. Times are UTC.",
        "",
        "| what | how many |",
        "| --- | ---: |",
        *(f"| {name} | {number:,} |" for name, number in report.totals.items() if number),
    ]
    for day, events in groupby(report.events, key=lambda event: _day(event.commit.at)):
        lines += ["", f"## {day}"]
        for event in events:
            lines += ["", *_event(event)]
    if not report.events:
        lines += ["", "Nothing was changed."]
    return "\n".join(lines)


def _day(at: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(at))


def _event(event: Event) -> Iterator[str]:
    commit = event.commit
    name = _TITLES.get(commit.kind, commit.kind)
    yield f"### {time.strftime('%H:%M', time.gmtime(commit.at))} {name} {commit.id[:10]}"
    yield ""
    yield f"- {quote(commit.subject)}"
    yield from (f"- {line}" for line in _by(event))
    for fact in event.facts:
        yield from _fact(fact, event)
    told = {fact.id for fact in event.facts}
    for op in commit.ops:
        if not (op.fact in told and op.verb in ("add", "update", "supersede", "remove", "restore")):
            yield from _op(op, event)
    for path in event.files:
        yield f"- changed {quote(path)}"


def _by(event: Event) -> Iterator[str]:
    """Yield who did it, on whose word, from which session, and what became of it."""
    commit = event.commit
    if commit.kind == "drain":
        spent = [
            f"{name} {quote(commit.trailer(key))}"
            for name, key in (
                ("worker", "Worker"), ("votes", "Votes"), ("calls", "Worker-Calls"),
                ("tokens in", "Tokens-In"), ("tokens out", "Tokens-Out"), ("cost in USD", "Cost-USD"),
                ("refused by the gate", "Refused"), ("started by the end of session", "Session"),
            )
            if commit.trailer(key)
        ]  # fmt: skip
        yield f"drain {quote(commit.trailer('Drain-Id'))}, {', '.join(spent)}"
    elif commit.kind == "accept":
        yield f"accepted by {_who(commit.committer)}: {quote(commit.trailer('Accepted-By'))}"
        if commit.trailer("Despite-Check"):
            yield f"**despite its check**: {quote(commit.trailer('Despite-Check'))}"
    else:
        yield f"by {_who(commit.author)}"
    if event.because:
        yield f"because: {quote(event.because)}"
    if commit.trailer("Undo"):
        yield f"takes back drain {quote(commit.trailer('Undo'))}"
    if event.undone_by:
        yield f"**undone** by {event.undone_by[:10]}"


def _who(name: str) -> str:
    return quote(name.replace(" <", ", ").removesuffix(">"))


def _fact(fact: Fact, event: Event) -> Iterator[str]:
    where = f"^{fact.id} on {quote(fact.path)}"
    if fact.did == "reworded":
        yield f"- reworded {where}: {quote(fact.before)} is now {quote(fact.after)}"
    else:
        yield f"- {fact.did} {where}: {quote(fact.after or fact.before)}"
    yield from (f"  - {_source(i, event.entries.get(i))}" for i in fact.sources)


def _op(op: Op, event: Event) -> Iterator[str]:
    """Yield a line of the ledger that no fact tells of."""
    yield f"- {quote(str(op).partition(' <- ')[0])}"
    if op.verb == "propose" and op.words[0] in event.decided:
        verb, commit = event.decided[op.words[0]]
        yield f"  - {verb}ed by {commit[:10]}"
    entries = op.words[:1] if op.verb == "requeue" else op.entries
    yield from (f"  - {_source(i, event.entries.get(i))}" for i in entries)


def _source(entry_id: str, entry: Entry | None) -> str:
    if entry is None:
        return f"from {quote(entry_id)}: not in this history"
    marks = [entry.kind, entry.type, f"origin {entry.origin}", entry.host and f"host {entry.host}"]
    marks += [entry.session and f"session {entry.session}", entry.agent and f"agent {entry.agent}", entry.at]
    about = quote(", ".join(mark for mark in marks if mark))
    said = entry.text if entry.kind == "flag" else f"snag: {entry.snag} · better: {entry.better}"
    pair = f", of pair {quote(entry.pair)}, about {quote(entry.premise)}" if entry.pair else ""
    return f"from {quote(entry_id)}, {about}: {quote(said)}{pair}"


def as_json(report: Report) -> str:
    """Return the report as JSON, with every text whole but for secrets."""
    from json import dumps

    head = {name: getattr(report, name) for name in ("branch", "tip", "since", "until", "totals")}
    return dumps({**head, "events": [_as_dict(event) for event in report.events]}, indent=2)


def _as_dict(event: Event) -> dict[str, Any]:
    commit = event.commit
    trailers = {key: list(map(masked, values)) for key, values in commit.trailers.items()}
    return {
        **{name: getattr(commit, name) for name in ("kind", "at", "author", "committer")},
        "subject": masked(commit.subject),
        "commit": commit.id,
        "accepted_by": commit.trailer("Accepted-By"),
        "despite_check": masked(commit.trailer("Despite-Check")),
        "drain": commit.trailer("Drain-Id"),
        "worker": commit.trailer("Worker"),
        "cost_usd": commit.trailer("Cost-USD"),
        "session": commit.trailer("Session"),
        "trailers": trailers,
        "because": masked(event.because),
        "undone_by": event.undone_by,
        "decided": {name: {"by": by, "commit": oid} for name, (by, oid) in event.decided.items()},
        "ledger": [masked(str(op)) for op in commit.ops],
        "facts": [
            {
                **{name: getattr(fact, name) for name in ("did", "id", "path", "sources")},
                "before": masked(fact.before), "after": masked(fact.after),
            }
            for fact in event.facts
        ],
        "files": event.files,
        "entries": {
            entry_id: {key: masked(value) for key in entry.__slots__ if (value := getattr(entry, key))}
            if entry else None
            for entry_id, entry in event.entries.items()
        },
    }  # fmt: skip
