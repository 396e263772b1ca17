"""`commonplace hook`: what a connected host calls. The work is done in `hosts.hook`; this adds help."""

import os
from typing import Annotated

import typer

from commonplace.commands.options import Repo

NAME = "hook"
EXAMPLE = "Example: commonplace hook claude-code SessionStart"


def command(
    host: Annotated[str, typer.Argument(metavar="HOST", help="The host that calls.")],
    event: Annotated[str, typer.Argument(metavar="EVENT", help="Its event, by the host's own name.")],
    repo: Repo = "",
) -> int:
    """Answer one event of a host: its JSON on standard input, its form of answer on standard output.

    For hosts, not for people: `commonplace install HOST` connects them. It always exits with 0.
    """
    from commonplace.hosts import hook

    return hook.run([*(["--repo", repo] if repo else []), host, event], os.environ)
