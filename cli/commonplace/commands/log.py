"""`commonplace log`: the audit trail."""

from typing import TYPE_CHECKING, Annotated

import typer

from commonplace.commands.options import Json, Repo, here, mended

if TYPE_CHECKING:
    from commonplace.place import Place

NAME = "log"
EXAMPLE = "Example: commonplace log -n 5"


def command(
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many at most.")] = 20,
    retrievals: Annotated[
        bool, typer.Option("--retrievals", help="Show what was read from the memory instead, and by whom.")
    ] = False,
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Show what was done to the memory: drains, accepts, rejects, edits, undos; the newest first."""
    if retrievals:
        return _retrievals(here(repo), number, json)
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


def _retrievals(place: "Place", number: int, json: bool) -> int:
    """Show the last retrievals, the newest first."""
    from commonplace import retrievals
    from commonplace.text import one_line

    found = retrievals.read(place)[: -number - 1 : -1]
    if json:
        from json import dumps

        typer.echo(dumps([{n: getattr(r, n) for n in retrievals.FIELDS} for r in found], indent=2))
        return 0
    for one in found:
        session = f" {one_line(one.session, 40)}" if one.session else ""
        size = f"{len(one.ids)} lines, {one.chars:,} of {one.budget:,} characters"
        typer.echo(f"{one.at}  {one_line(one.client, 40)}{session}  {one_line(one.query, 80)!r}  {size}")
    if not found:
        typer.echo("nothing was retrieved yet")
    return 0
