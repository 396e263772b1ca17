"""`commonplace decay`: what mined pairs weigh by their age, and why."""

import os
from typing import Annotated

import typer

from commonplace.commands.options import Json, Repo, mended

NAME = "decay"
EXAMPLE = "Example: commonplace decay --explain"


def command(
    pair: Annotated[str, typer.Argument(metavar="[PAIR]", help="Of this pair alone, by its id.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Show the formula and its numbers.")] = False,
    number: Annotated[int, typer.Option("--number", "-n", min=1, help="How many at most.")] = 20,
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Show what mined pairs weigh by their age, the newest first; nothing of it is stored."""
    from time import time

    from commonplace.errors import UsageError
    from commonplace.secrets import masked
    from commonplace.substrate import decay, mining

    place, settings = mended(repo)
    now, half_life = time(), settings.number("mine.half_life_days")
    found = [row.pair for row in mining.mine(place, settings, os.environ, now).rows]
    shown = [one for one in found if pair in ("", one.id)]
    if pair and not shown:
        raise UsageError(f"{pair[:40]!r} is no pair", "commonplace mine")
    shown = sorted(shown, key=lambda one: one.turn.at, reverse=True)[:number]
    if json:
        from json import dumps

        values = [
            {"pair": one.id, "at": one.turn.at, "age_days": decay.age(one.turn.at, now),
             "half_life_days": half_life, "weight": decay.weight(one.turn.at, now, half_life)}
            for one in shown
        ]  # fmt: skip
        typer.echo(dumps(values, indent=2))
        return 0
    if explain:
        typer.echo(f"weight = 2^(-age / half-life); half-life {half_life} d (mine.half_life_days)")
    for one in shown:
        at, weight = one.turn.at, decay.weight(one.turn.at, now, half_life)
        how = decay.explained(at, now, half_life) if explain else decay.shown(weight)
        typer.echo(f"{one.id}  {at[:16] or '-':<16}  {how}  {masked(one.correction)[:80]}")
    return 0
