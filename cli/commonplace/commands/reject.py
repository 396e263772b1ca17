"""`commonplace reject`: turn a proposal down, for good."""

from typing import Annotated

import typer

from commonplace.commands.options import Repo, changing

NAME = "reject"
EXAMPLE = 'Example: commonplace reject 7h2k9m4xqz --because "only true on Windows"'


def command(
    proposal: Annotated[str, typer.Argument(metavar="ID", help="A proposal, by id or its beginning.")],
    because: Annotated[str, typer.Option("--because", help="Why; remembered with it.")],
    repo: Repo = "",
) -> int:
    """Turn a proposal down; the reason is kept, and the same edit is not offered again."""
    from commonplace import decisions
    from commonplace.commands.options import reason

    place, settings = changing(repo)
    decision = decisions.reject(place, settings, proposal, reason(because))
    typer.echo(f"rejected {decision.proposal.id}: {decision.proposal.target}  {decision.commit[:10]}")
    return 0
