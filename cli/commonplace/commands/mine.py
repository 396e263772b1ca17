"""`commonplace mine`: the corrections in session logs. The work is done in `hot`; this adds help."""

from typing import Annotated

import typer

from commonplace import hot
from commonplace.commands.options import Json, Repo, forwarded

NAME = "mine"
EXAMPLE = "Example: commonplace mine --since 7d"


def command(
    host: Annotated[
        str,
        typer.Option(
            "--host",
            metavar="HOST",
            help="Of this one: claude-code, codex, gemini-cli, copilot-cli, opencode.",
        ),
    ] = "",
    path: Annotated[
        str, typer.Option("--path", metavar="DIR", help="Logs below this folder, not where hosts keep them.")
    ] = "",
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Not older than 7d, 2w, 12h, or than a date.")
    ] = "",
    signals: Annotated[
        bool, typer.Option("--signals", help="Show what speaks for each pair, in columns.")
    ] = False,
    repo: Repo = "",
    json: Json = False,
) -> int:
    """List what a person corrected in the sessions of all hosts: the correction, and what it answers."""
    said = {"host": host, "path": path, "since": since, "repo": repo}
    return hot.run("mine", forwarded(**said, signals=signals, json=json))
