"""`commonplace audit`: does the history add up, and who changed what, when and why."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from commonplace.commands.options import Json, Repo, mended

if TYPE_CHECKING:
    from commonplace.audit.findings import Finding
    from commonplace.audit.verify import Verdict

SHOWN = 20
"""How many findings of one kind are printed; `--json` has them all."""

app = typer.Typer(
    help="Check that the history adds up; report who changed what, when and why.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command(epilog="Example: commonplace audit verify")
def verify(
    since: Annotated[
        str, typer.Option("--since", metavar="COMMIT", help="A tip noted elsewhere that must still stand.")
    ] = "",
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Check every commit against its ledger and every fact for its sources; exit code 4 for any fault."""
    from commonplace import hot
    from commonplace.audit import verify as auditing
    from commonplace.commands.drain import progress

    place, settings = mended(repo)
    told = progress()
    verdict = auditing.verify(place, settings, since, told)
    told("")
    if json:
        typer.echo(_as_json(verdict))
    else:
        typer.echo("\n".join(_lines(verdict)))
    return hot.WAITS if verdict.faults else 0


def _lines(verdict: "Verdict") -> list[str]:
    from commonplace import heads, show
    from commonplace.text import count

    lines = [
        f"history  {count(verdict.commits, 'commit')}, {count(verdict.drains, 'drain')}, "
        f"{len(verdict.by_hand):,} by hand; {verdict.branch} is at {verdict.tip}",
        f"heads    {count(len(verdict.heads), 'head')} recorded here"
        + (f" since {show.when(verdict.heads[0].at)}" if verdict.heads else ""),
        f"entries  {verdict.captured:,} captured, {verdict.accounted:,} accounted for",
        f"facts    {verdict.facts:,} stand",
    ]
    for finding in _some(verdict.findings):
        lines.append(finding if isinstance(finding, str) else _shown(finding))
    if verdict.accepted:
        last = [head for head in verdict.heads if head.what in heads.AFRESH][-1]
        older = count(len(verdict.accepted), "older finding")
        lines.append(f"{older} taken as they are, by {last.what}: {last.why or show.when(last.at)}")
    faults = len(verdict.faults)
    return [*lines, f"verdict  {count(faults, 'fault')}" if faults else "verdict  all is well"]


def _some(findings: "list[Finding]") -> "list[Finding | str]":
    """Return the faults first, and of each kind a few, with a word on how many more there are."""
    chosen: list[Finding | str] = []
    ordered = sorted(findings, key=lambda finding: finding.level)
    for level, kind in dict.fromkeys((finding.level, finding.kind) for finding in ordered):
        alike = [finding for finding in ordered if (finding.level, finding.kind) == (level, kind)]
        chosen += alike[:SHOWN]
        if len(alike) > SHOWN:
            chosen.append(f"{level}    {len(alike) - SHOWN:,} more like these: --json has them all")
    return chosen


def _shown(finding: "Finding") -> str:
    from commonplace import show
    from commonplace.secrets import masked
    from commonplace.text import one_line

    where = finding.where[:10] if len(finding.where) in (40, 64) else one_line(finding.where, 100)
    level = show.colour(finding.level, "-" if finding.level == "fault" else "dim")
    line = f"{level}{' ' * (9 - len(finding.level))}{where}: {masked(finding.what)}"
    return f"{line}\n         → {one_line(finding.todo)}"


def _as_json(verdict: "Verdict") -> str:
    from json import dumps

    from commonplace.secrets import masked

    def as_dict(finding: "Finding") -> dict[str, str]:
        return {**{name: getattr(finding, name) for name in fields}, "what": masked(finding.what)}

    names = ("branch", "tip", "commits", "drains", "captured", "accounted", "facts")
    fields = ("level", "kind", "where", "todo")
    return dumps(
        {
            "well": not verdict.faults,
            **{name: getattr(verdict, name) for name in names},
            "heads": len(verdict.heads),
            "by_hand": [commit.id for commit in verdict.by_hand],
            "findings": list(map(as_dict, verdict.findings)),
            "accepted": list(map(as_dict, verdict.accepted)),
        },
        indent=2,
    )


@app.command(epilog="Example: commonplace audit report --since 7d")
def report(
    since: Annotated[
        str, typer.Option("--since", metavar="WHEN", help="7d, 2w, a date, or the commit before the first.")
    ] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="WHEN", help="The same, for the end; a date counts whole.")
    ] = "",
    form: Annotated[str, typer.Option("--format", help="md or json.")] = "md",
    repo: Repo = "",
) -> int:
    """Report who changed what, when and why, from which session, and who agreed; a page to hand on."""
    from commonplace.audit import report as reporting
    from commonplace.audit import telling
    from commonplace.errors import UsageError
    from commonplace.times import duration

    forms = {"md": telling.markdown, "json": telling.as_json}
    if form not in forms:
        raise UsageError(f"{form!r} is not a format", "use --format md or --format json")
    place, settings = mended(repo)
    typer.echo(forms[form](reporting.make(place, settings, since, until, duration)))
    return 0


@app.command(epilog='Example: commonplace audit restart --because "rebased on purpose"')
def restart(
    because: Annotated[str, typer.Option("--because", help="Why the history is right as it is.")],
    repo: Repo = "",
) -> int:
    """Take the history as it is, and let it only grow from here. A person's verb."""
    from commonplace import caller
    from commonplace.audit import verify as auditing
    from commonplace.errors import CommonplaceError
    from commonplace.text import accept_text

    place, settings = mended(repo)
    if not caller.is_person(os.environ):
        raise CommonplaceError("restart is a person's to say, at a terminal", "run it yourself")
    tip = auditing.restart(place, settings, accept_text(because, "reason"))
    typer.echo(f"from here on history may only grow: {tip[:10]}")
    return 0
