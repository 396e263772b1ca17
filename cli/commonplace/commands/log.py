"""`commonplace log`: the audit trail."""

from typing import Annotated

import typer

from commonplace.commands.options import Json, Repo, mended

NAME = "log"
EXAMPLE = "Example: commonplace log -n 5"


def command(
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many at most.")] = 20,
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Show what was done to the memory: drains, accepts, rejects, edits, undos; the newest first."""
    from commonplace import refs, show
    from commonplace import repo as repository
    from commonplace.text import visible

    place, _ = mended(repo)
    if not refs.head(place)[1]:
        typer.echo("the repository has no commit yet")
        return 0
    entries = list(repository.history(place, "HEAD", limit=number))
    if json:
        from json import dumps

        names = ("commit", "kind", "at", "author", "committer", "subject", "trailers")
        typer.echo(dumps([{n: getattr(e, n) for n in names} for e in entries], indent=2))
        return 0
    for entry in entries:
        drain = entry.trailer("Drain-Id")[-10:].lower()
        mark = f"  {drain}" if entry.kind == "drain" else ""
        head = show.colour(entry.commit[:10], "yellow")
        typer.echo(f"{head} {show.when(entry.at)}  {visible(entry.subject)}{mark}")
    return 0
