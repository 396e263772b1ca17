"""`commonplace boot`: the backstop."""

from typing import Annotated

import typer

from commonplace import hot
from commonplace.commands.options import Json, Repo, forwarded

NAME = "boot"
EXAMPLE = "Example: commonplace boot --check || commonplace drain"


def command(
    check: Annotated[bool, typer.Option("--check", help="Exit with 4 if something waits.")] = False,
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Say what was left open: the queue, sessions, drains, proposals. Silent when all is well."""
    return hot.run("boot", forwarded(check=check, repo=repo, json=json))
