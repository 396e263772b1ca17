"""`commonplace self-eval`: note what snagged and the better way. The work is done in `hot`."""

from typing import Annotated

import typer

from commonplace import hot
from commonplace.commands.options import Agent, Json, Origin, Repo, Scope, Session, forwarded

NAME = "self-eval"
EXAMPLE = (
    'Example: commonplace self-eval --snag "rendered it all, hung" --better "clip first" --target skills/cad'
)


def command(
    snag: Annotated[str, typer.Option("--snag", help="What went wrong.")],
    better: Annotated[str, typer.Option("--better", help="What to do next time.")],
    target: Annotated[
        str,
        typer.Option("--target", help="skills/NAME or rules/NAME to mend; the drain finds one."),
    ] = "",
    scope: Scope = "",
    origin: Origin = "",
    session: Session = "",
    agent: Agent = "",
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Append one self-eval to the queue and print its id. The drain proposes an edit from it."""
    said = {"snag": snag, "better": better, "target": target, "scope": scope, "origin": origin}
    return hot.run("self-eval", forwarded(**said, session=session, agent=agent, repo=repo, json=json))
