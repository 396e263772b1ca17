"""`commonplace why`: where a line of memory comes from. The work is done in `hot`; this adds help."""

from typing import Annotated

import typer

from commonplace import hot
from commonplace.commands.options import Json, Repo, forwarded

NAME = "why"
EXAMPLE = "Example: commonplace why memory/user/deploy.md:9"


def command(
    what: Annotated[str, typer.Argument(metavar="^ID|FILE:LINE", help="A fact, or where it is.")],
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Tell where a fact comes from: its commits, the flags behind it, their sessions, who agreed."""
    said = {"": what, "repo": repo}
    return hot.run("why", forwarded(**said, json=json))
