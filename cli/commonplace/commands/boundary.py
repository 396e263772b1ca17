"""`commonplace boundary`: a boundary of an agent's session, for any tool that can call a command."""

from typing import Annotated

import typer

from commonplace import hot
from commonplace.commands.options import Repo, Session, forwarded

NAME = "boundary"
EXAMPLE = "Example: commonplace boundary end --session 3f2c9a"


def command(
    boundary: Annotated[str, typer.Argument(help="boot, chapter, compaction or end.")],
    session: Session = "",
    host: Annotated[str, typer.Option("--host", help="The program that runs the agent.")] = "",
    pid: Annotated[
        str, typer.Option("--pid", help="(boot) The process that lives as long as the session.")
    ] = "",
    repo: Repo = "",
) -> int:
    """Do a boundary's bookkeeping and print what the model should be told; nothing if nothing.

    boot registers the session and runs the backstop; chapter and compaction ask for flags; end takes
    the session off the registry and starts the drain, detached.
    """
    said = {"": boundary, "session": session, "host": host, "pid": pid, "repo": repo}
    return hot.run("boundary", forwarded(**said))
