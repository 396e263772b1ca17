"""`commonplace drain`: consolidate the queue into memory, as commits."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from commonplace.commands.options import DryRun, Json, Repo, Session, changing, here, mended

if TYPE_CHECKING:
    from commonplace.drain.consult import Consultation
    from commonplace.drain.run import Asking, Report
    from commonplace.ledger import Op
    from commonplace.place import Place
    from commonplace.settings import Settings

NAME = "drain"
EXAMPLE = "Example: commonplace drain --dry-run"


def command(
    dry_run: DryRun = False,
    session: Session = "",
    wait: Annotated[float, typer.Option("--wait", help="Seconds to wait for another drain to end.")] = 0,
    worker: Annotated[
        str,
        typer.Option(
            "--worker",
            metavar="NAME",
            help="Who consolidates: builtin, claude, codex, gemini, opencode, llm, "
            "ollama:MODEL, or one of your own; several, parted by commas, have a vote each. "
            "Default: the setting drain.worker.",
        ),
    ] = "",
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Packets at a time. Default: drain.jobs.")] = 0,
    show_packets: Annotated[
        bool, typer.Option("--show-packets", help="Print what would be sent, to whom; send nothing.")
    ] = False,
    offer: Annotated[
        bool,
        typer.Option(
            "--offer", help="First look for corrections in the session's log, if it flagged nothing."
        ),
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")] = False,
    repo: Repo = "",
    json: Json = False,
) -> int:
    """File what was flagged into memory and propose edits to skills and rules, as commits."""
    from commonplace import caller
    from commonplace.boundary import closing, sessions
    from commonplace.drain import run
    from commonplace.ending import orderly

    place = here(repo)
    with nullcontext() if dry_run or show_packets else _told_at_boot(place):
        _, settings = (mended if dry_run or show_packets else changing)(repo)
        asking = _asking(settings, worker, jobs)
    if show_packets:
        typer.echo("\n".join(_packets(place, settings, asking)))
        return 0
    if dry_run:
        report = run.preview(place, settings)
        _print(report, json, shown=_diffs(report))
        return 0
    who = session or caller.session(os.environ)
    who = sessions.check_id(who) if who else ""
    with orderly(), _told_at_boot(place):
        if offer:
            _offer(place, settings, who)
        report = run.drain(place, settings, who, wait, progress(), asking)
        accepted = _apply(place, settings, report)
    closing.done(place)
    refresh(place, settings)
    if not quiet:
        _print(report, json, accepted=accepted)
    return 0


def _offer(place: "Place", settings: "Settings", session: str) -> None:
    """Put what the person corrected in a session that flagged nothing into the queue."""
    from commonplace.substrate import offering

    offering.offer(place, session, settings.text("mine.offer"), settings.text("mine.markers"), os.environ)


@contextmanager
def _told_at_boot(place: "Place") -> Iterator[None]:
    """Write down why a drain did not finish, for the next boot to tell."""
    from commonplace.boundary import closing
    from commonplace.errors import CommonplaceError
    from commonplace.secrets import masked

    try:
        yield
    except CommonplaceError as error:
        closing.failed(place, masked(error.message))
        raise
    except Exception as error:
        closing.failed(place, masked(f"{type(error).__name__}: {error}"))
        raise


def _asking(settings: "Settings", worker: str, jobs: int) -> "Asking":
    """Return which workers to ask, none for the built-in consolidator alone."""
    from commonplace.drain.consult import voters
    from commonplace.drain.run import Asking

    found = voters(worker or settings.text("drain.worker"), settings, os.environ)
    return Asking(found, jobs or settings.number("drain.jobs"), os.environ)


def _packets(place: "Place", settings: "Settings", asking: "Asking") -> Iterator[str]:
    """Yield the packets that a drain would send, with their sizes."""
    from commonplace.drain import consult, handwork, snapshot
    from commonplace.drain.prompts import renderer
    from commonplace.drain.sorting import sort
    from commonplace.text import visible

    if not asking.workers:
        yield "the built-in consolidator sends nothing"
        return
    taken = snapshot.take(place, settings)
    edits = handwork.since_last_drain(place, taken)
    sent, over, too_large = consult.planned(
        place, settings, asking.workers, taken.given, sort(taken.given), edits
    )
    render = renderer(place)
    names = ", ".join(worker.name for worker in asking.workers)
    for packet in sent:
        if packet.secret:
            yield f"--- {packet.name} would not be sent: {packet.secret}"
            continue
        prompt = render(packet, "")
        yield f"--- {packet.name}: {len(prompt):,} characters to {names}\n{visible(prompt)}"
    alone = f", {len(too_large)} too large for any: filed as said" if too_large else ""
    yield f"{len(sent)} packets would be sent; {len(over)} would wait for another drain{alone}"


def _apply(place: "Place", settings: "Settings", report: "Report") -> list[str]:
    """Apply the drain's proposals where the person has said that the close may."""
    names = [draft.id for draft in report.plan.drafts if draft.may_apply]
    if settings.text("proposals.apply") != "drain" or not names:
        return []
    from commonplace import evidence, proposals
    from commonplace.decisions import BY_THE_CLOSE, accept
    from commonplace.drain.gate import TRUSTED

    settings = replace(settings, values={**settings.values, "audit.sign": False})  # nobody has decided

    def vouched(name: str) -> bool:
        """Tell whether nothing that it rests on was mined: what was waits for a person."""
        return all(e.origin in TRUSTED for e in evidence.read(place, proposals.find(place, name)))

    done = accept(place, settings, [name for name in names if vouched(name)], BY_THE_CLOSE)
    return [decision.proposal.id for decision in done]


def refresh(place: "Place", settings: "Settings") -> None:
    """Bring what connected hosts load up to date with the memory's skills and rules."""
    from commonplace.hosts import install
    from commonplace.settings import program

    install.refresh(place, settings, program(place, os.environ), os.environ)


def progress() -> Callable[[str], None]:
    """Return a function that shows a step on a terminal once the work has taken over a second; "" clears."""
    began = time.monotonic()

    def told(line: str) -> None:
        if sys.stderr.isatty() and time.monotonic() - began > 1:
            sys.stderr.write(f"\r\x1b[K{line} …" if line else "\r\x1b[K")
            sys.stderr.flush()

    return told


def _print(report: "Report", as_json: bool, shown: str = "", accepted: "list[str] | None" = None) -> None:
    if as_json:
        typer.echo(_json(report, accepted or []))
        return
    if shown:
        typer.echo(shown)
    for line in _lines(report, accepted or []):
        typer.echo(line, err=bool(shown))


def _lines(report: "Report", accepted: list[str]) -> Iterator[str]:
    """Yield what a drain did, or would do, in a few lines."""
    plan = report.plan
    if not report.waited:
        waits = report.consulted and report.consulted.waits
        yield "nothing is drained" if waits else "the queue is empty: nothing to drain"
    elif report.commits:
        yield f"{plan.subject}  (undo: commonplace undo {report.id[-10:].lower()})"
    else:
        yield f"would be {plan.subject}"
    yield from (f"  {commit[:10]} {what}" for what, commit in report.commits)
    for draft in plan.drafts:
        verdict = "applied" if draft.id in accepted else f"commonplace review {draft.id}"
        yield f"  proposal {draft.id} for {draft.target}: {verdict}"
        if draft.check:
            yield f"    check: {draft.check}"
    yield from (f"  {line}" for line in _passed_over(plan.ops))
    yield from (f"  {line}" for line in _not_durable(report))
    for op in report.kept:
        yield f"  kept {op.words[0]} on {_safe(op.words[1])}: an editor opened before it had dropped it"
    yield from (f"  note: {note}" for note in plan.notes)
    if report.consulted:
        yield from (f"  {line}" for line in _consulted(report.consulted))
    yield from (f"  left where it is: {_safe(name)}: {_safe(reason, 300)}" for name, reason in report.odd)
    if report.held:
        yield f"  {report.held} held back: commonplace queue list"


def _consulted(held: "Consultation") -> Iterator[str]:
    """Yield what came of asking a worker: what it cost, what failed, what the gate refused."""
    from commonplace.text import count

    tokens = f", {held.tokens_in:,} tokens in, {held.tokens_out:,} out" if held.tokens_in else ""
    cost = "" if held.cost is None else f", ${held.cost:.4f}"
    yield f"{held.worker}: {count(held.calls, 'call')}{tokens}{cost}"
    yield from (f"{_safe(name)} was filed as it was said: {_safe(why, 200)}" for name, why in held.failures)
    yield from (_safe(note, 200) for note in held.notes)
    for refusal in held.refused:
        yield f"refused: {_safe(refusal.reason, 300)}"
    if held.waits:
        keys = "drain.max_packets, drain.max_chars, drain.max_calls"
        yield f"{len(held.waits)} over the ceiling ({keys}) wait for the next"


_REASONS = {
    "duplicate-of": "said already",
    "duplicate": "said by other entries of this drain",
    "superseded-by": "superseded before it was filed",
    "drained-before": "drained before",
    "rejected-before": "turned down before",
    "said-by-hand": "said by hand in its skill or rule already",
    "origin-tool": "said by a tool: not for a skill or a rule",
    "origin-web": "said by a web page: not for a skill or a rule",
}


def _passed_over(ops: "list[Op]") -> Iterator[str]:
    """Yield how many entries brought nothing new, by the reason."""
    reasons = [op.words[1] for op in ops if op.verb == "drop"]
    yield from (f"{reasons.count(key)} {words}" for key, words in _REASONS.items() if key in reasons)


def _not_durable(report: "Report") -> Iterator[str]:
    """Yield each entry that a worker left out as of no lasting use: there its word alone counts."""
    left_out = {op.words[0] for op in report.plan.ops if op.verb == "drop" and op.words[1] == "not-durable"}
    for entry in report.snapshot.entries if report.snapshot else ():
        if entry.id in left_out:
            yield f"not durable, the worker says: {entry.id} {_safe(entry.text or entry.better)}"


def _safe(name: str, limit: int = 80) -> str:
    from commonplace.secrets import masked
    from commonplace.text import one_line

    return one_line(masked(name), limit)


def _diffs(report: "Report") -> str:
    """Return the real diff of everything the drain would change."""
    from commonplace import show

    old = report.snapshot.given.pages if report.snapshot else {}
    parts = [show.diff(path, old.get(path), new) for path, new in sorted(report.plan.pages.items())]
    parts += [show.diff(draft.path, draft.old, draft.new) for draft in report.plan.drafts]
    return "\n".join(part for part in parts if part)


def _worker(report: "Report") -> dict[str, object]:
    held = report.consulted
    if held is None:
        return {"name": "builtin"}
    return {
        "name": held.worker,
        "calls": held.calls,
        "tokens_in": held.tokens_in,
        "tokens_out": held.tokens_out,
        "cost_usd": held.cost,
        "failures": [{"packet": name, "why": _safe(why, 300)} for name, why in held.failures],
        "refused": [{"entries": list(r.sources), "reason": _safe(r.reason, 300)} for r in held.refused],
        "votes": held.votes,
        "notes": held.notes,
        "waits": sorted(held.waits),
    }


def _json(report: "Report", accepted: list[str]) -> str:
    from json import dumps

    plan = report.plan
    return dumps(
        {
            "drain": report.id,
            "commits": [{"kind": what, "commit": commit} for what, commit in report.commits],
            "flags": plan.flags,
            "self_evals": plan.self_evals,
            "operations": [str(op) for op in plan.ops],
            "pages": sorted(plan.pages),
            "proposals": [
                {"id": d.id, "target": d.target, "applied": d.id in accepted, "check": d.check}
                for d in plan.drafts
            ],
            "left": [{"name": name, "why": _safe(why, 300)} for name, why in report.odd],
            "held": report.held,
            "notes": plan.notes,
            "worker": _worker(report),
        },
        indent=2,
    )
