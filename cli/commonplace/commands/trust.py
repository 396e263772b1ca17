"""`commonplace trust`: let a cloned repository's settings and texts act."""

import os
from typing import Annotated

import typer

from commonplace.commands.options import Repo, here

NAME = "trust"
EXAMPLE = "Example: commonplace trust --repo ~/shared-memory"


def command(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False, repo: Repo = ""
) -> int:
    """Trust what a clone brought: its settings and texts, as they are now. A person's verb."""
    from commonplace import caller, trust
    from commonplace.errors import CommonplaceError
    from commonplace.files import read_regular
    from commonplace.text import visible

    place = here(repo)
    if trust.is_trusted(place):
        typer.echo(f"trusted already: {place.root}")
        return 0
    if not caller.is_person(os.environ):
        raise CommonplaceError("trust is a person's to say, at a terminal", "run it yourself")
    for path in trust.covered(place):
        data = read_regular(os.path.join(place.root, path), trust.MOST)
        typer.echo(f"--- {path}\n{visible((data or b'').decode('utf-8', 'replace'))}")
    if not yes and not typer.confirm("Shall these settings and texts act?"):
        typer.echo("not trusted")
        return 1
    trust.trust(place)
    typer.echo(f"trusted, until one of these files changes: {place.root}")
    return 0
