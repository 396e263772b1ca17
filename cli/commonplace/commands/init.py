"""`commonplace init`: make a memory repository."""

import os
from typing import Annotated

import typer

NAME = "init"
EXAMPLE = "Example: commonplace init ~/memory"


def command(
    directory: Annotated[
        str, typer.Argument(metavar="[DIR]", help="Where. Default: your platform's data folder.")
    ] = "",
    repo: Annotated[str, typer.Option("--repo", metavar="DIR", help="The same as DIR.")] = "",
) -> int:
    """Make a memory repository, first commit included; run again, it changes nothing."""
    from commonplace import place
    from commonplace.founding import found

    where = directory or repo or os.environ.get("COMMONPLACE_REPO", "")
    root = os.path.abspath(os.path.expanduser(where or place.default_root(os.environ)))
    outcome = found(root)
    typer.echo(f"{outcome.said} {root}")
    if outcome.hint:
        typer.echo(outcome.hint)
    return 0
