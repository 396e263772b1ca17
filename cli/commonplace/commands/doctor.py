"""`commonplace doctor`: see whether everything is as a hook needs it."""

import os
from typing import Annotated

import typer

from commonplace.commands.options import Json, Repo, here

NAME = "doctor"
EXAMPLE = "Example: commonplace doctor --fix"


def command(
    fix: Annotated[bool, typer.Option("--fix", help="Mend what is safe to mend, then look.")] = False,
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Check what a hook walks: command, repository, locks, hosts, trust, budgets. Exit 1 on an error."""
    from commonplace import doctor, show

    place = here(repo)
    done = doctor.fix(place, os.environ) if fix else []
    checks = doctor.examine(place, os.environ)
    if json:
        from dataclasses import asdict
        from json import dumps

        typer.echo(dumps([asdict(check) for check in checks], indent=2))
    else:
        for line in done:
            typer.echo(f"fixed: {line}")
        colours = {doctor.OK: "+", doctor.WARNING: "yellow", doctor.ERROR: "-", doctor.SKIPPED: "dim"}
        for check in checks:
            typer.echo(
                f"{show.colour(f'{check.level:<8}', colours[check.level])} {check.name}: {check.message}"
            )
            if check.remedy:
                typer.echo(f"{'':<8} {check.remedy}")
    return 1 if any(check.level == doctor.ERROR for check in checks) else 0
