"""`commonplace recall`: what is in memory and in the sessions. The work is done in `hot`; this adds help."""

from typing import Annotated

import typer

from commonplace import hot
from commonplace.commands.options import Json, Repo, forwarded

NAME = "recall"
EXAMPLE = "Example: commonplace recall how do we tag a release"


def command(
    query: Annotated[
        list[str] | None,
        typer.Argument(metavar="[QUERY]", help="What to look for. None: the best for this project."),
    ] = None,
    budget: Annotated[
        str,
        typer.Option("--budget", metavar="CHARS", help="The most to print, in characters. Default: 4096."),
    ] = "",
    scope: Annotated[
        str,
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="user, project:<id> or all. Default: the project of this folder, and user.",
        ),
    ] = "",
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="SOURCE",
            help="memory, sessions or all. Default: memory, and sessions once their logs have been read.",
        ),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Print more than recall.max_budget allows.")] = False,
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Print what answers a query, the best first, with its ids, in so many characters and no more."""
    said = {"": " ".join(query or ()), "budget": budget, "scope": scope, "from": source, "repo": repo}
    return hot.run("recall", forwarded(**said, yes=yes, json=json))
