"""`commonplace flag`: keep one durable fact. The work is done in `hot`; this adds help and completion."""

from typing import Annotated

import typer

from commonplace import hot
from commonplace.commands.options import Agent, Json, Origin, Repo, Scope, Session, forwarded

NAME = "flag"
EXAMPLE = 'Example: commonplace flag --type correction --topic deploy "Tag before pushing."'


def command(
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", show_default=False, help="What to keep; - reads it from stdin."),
    ] = "",
    type: Annotated[  # noqa: A002
        str,
        typer.Option(
            "--type",
            help="fact (the default), decision, preference, correction (the default with --from), "
            "procedure or event.",
        ),
    ] = "",
    topic: Annotated[str, typer.Option("--topic", help="The topic; the drain finds one.")] = "",
    scope: Scope = "",
    origin: Origin = "",
    session: Session = "",
    agent: Agent = "",
    supersedes: Annotated[
        str, typer.Option("--supersedes", metavar="^ID", help="The fact that this one replaces.")
    ] = "",
    pair: Annotated[
        str,
        typer.Option("--from", metavar="PAIR", help="A correction that `mine` found; TEXT rewords it."),
    ] = "",
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Append one flag to the queue and print its id. Never waits, never runs git."""
    said = {"": text, "type": type, "topic": topic, "scope": scope, "origin": origin}
    said |= {"session": session, "agent": agent, "supersedes": supersedes, "from": pair, "repo": repo}
    return hot.run("flag", forwarded(**said, json=json))
