"""`commonplace undo`: take a drain back."""

from typing import Annotated

import typer

from commonplace.commands.options import DryRun, Repo, changing, mended

NAME = "undo"
EXAMPLE = "Example: commonplace undo 4xk2m8p0rt"


def command(
    drain: Annotated[str, typer.Argument(metavar="DRAIN", help="Its id (see log), or its commit.")],
    dry_run: DryRun = False,
    repo: Repo = "",
) -> int:
    """Take a drain back by fact, also after later drains; its entries return to the queue, held."""
    from commonplace import show, undo
    from commonplace.drain.snapshot import take

    place, settings = (mended if dry_run else changing)(repo)
    if dry_run:
        taken = take(place, settings)
        planned = undo.plan(place, undo.find_drain(place, drain), taken, settings)
        for path, new in sorted(planned.pages.items()):
            typer.echo(show.diff(path, taken.given.pages.get(path), new))
        typer.echo(f"would be {planned.subject}", err=True)
        return 0
    done = undo.undo(place, settings, drain)
    typer.echo(f"{done.subject}  {done.commit[:10]}")
    for op in done.ops:
        if op.verb == "stays":
            typer.echo(f"  {op.words[0]} stays: a later drain or an edit rests on it")
        elif op.verb == "withdraw":
            typer.echo(f"  proposal {op.words[0]} for {op.words[1]} withdrawn")
    if done.requeued:
        typer.echo("  let them be drained again: commonplace queue release --all")
    return 0
