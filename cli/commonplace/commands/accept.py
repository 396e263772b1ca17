"""`commonplace accept`: apply proposals. A person's verb."""

import os
from typing import Annotated

import typer

from commonplace.commands.drain import refresh
from commonplace.commands.options import Json, Repo, changing

NAME = "accept"
EXAMPLE = "Example: commonplace accept 7h2k9m4xqz"


def command(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="ID...", help="Proposals, by id or its beginning.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="All that wait here, but for those that failed their check.")
    ] = False,
    despite_check: Annotated[
        bool, typer.Option("--despite-check", help="Also what has not passed the check command.")
    ] = False,
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Apply proposals, one commit each. An agent cannot approve itself."""
    from commonplace import caller, decisions, proposals
    from commonplace.errors import CommonplaceError, UsageError
    from commonplace.text import slug

    place, settings = changing(repo)
    if bool(ids) == every:
        raise UsageError("say which proposals, or --all", "commonplace review")
    by = "a person at a terminal"
    if not caller.is_person(os.environ):
        if not settings.flag("accept.from_agents"):
            raise CommonplaceError(
                "accept is a person's to say, at a terminal: an agent cannot approve itself",
                "run it yourself, or set accept.from_agents = true in your own config.toml",
            )
        by = f"{slug(caller.host(os.environ)) or 'a script'}, by accept.from_agents"
    waiting = [] if ids else [p for p in proposals.waiting(place)[0] if p.local]
    left = [p for p in waiting if p.failed and not despite_check]
    names = ids or [p.id for p in waiting if p not in left]
    done = decisions.accept(place, settings, names, by, despite_check=despite_check)
    refresh(place, settings)
    if json:
        from json import dumps

        rows = [{"id": d.proposal.id, "target": d.proposal.target, "commit": d.commit} for d in done]
        typer.echo(dumps(rows, indent=2))
        return 0
    for decision in done:
        commit = decision.commit[:10] or "(it had been accepted already)"
        despite = f", despite its check: {decision.proposal.check}" if decision.proposal.failed else ""
        typer.echo(f"accepted {decision.proposal.id}: {decision.proposal.path}  {commit}{despite}")
    for proposal in left:
        typer.echo(f"left {proposal.id}: {proposal.path} has not passed its check (--despite-check)")
    if not done and not left:
        typer.echo("no proposal waits")
    return 0
