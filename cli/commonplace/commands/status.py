"""`commonplace status`: counts, ages, sizes."""

import os

import typer

from commonplace.commands.options import Json, Repo, mended

NAME = "status"
EXAMPLE = "Example: commonplace status --json"


def command(repo: Repo = "", json: Json = False) -> int:
    """Show what the memory holds, what waits, and when it was last drained."""
    from commonplace import summary
    from commonplace.place import project_id

    place, settings = mended(repo)
    rows = summary.of(place, settings, project_id(os.getcwd()))
    if json:
        from json import dumps

        typer.echo(dumps({row.name: row.value for row in rows}, indent=2))
        return 0
    width = max(len(row.name) for row in rows)
    for row in rows:
        typer.echo(f"{row.name.replace('_', ' '):<{width}}  {row.shown}")
    return 0
