"""`commonplace label`: a person's word on a mined pair."""

import os
from typing import Annotated

import typer

from commonplace.commands.options import Json, Repo, mended

NAME = "label"
EXAMPLE = "Example: commonplace label 4kq2m7r4xb keep"


def command(
    pair: Annotated[str, typer.Argument(metavar="PAIR", help="A pair's id, as mine lists it.")],
    word: Annotated[str, typer.Argument(metavar="keep|maybe|skip", help="What it is worth to you.")],
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Say what a mined pair is worth. The last word counts; it ranks pairs and trains the prediction."""
    from time import time

    from commonplace.errors import UsageError
    from commonplace.secrets import masked
    from commonplace.substrate import labels, pairs, reading

    if word not in labels.WORDS:
        raise UsageError(f"{word!r} is no label", f"use one of {', '.join(labels.WORDS)}")
    place, _ = mended(repo)
    turn = reading.refresh(place, os.environ).store.turn(pair)
    if turn is None:
        raise UsageError(f"{pair[:40]!r} is no pair", "commonplace mine")
    labels.put(place, pair, word, time())
    if json:
        from json import dumps

        typer.echo(dumps({"pair": pair, "label": word}))
    else:
        typer.echo(f"{word}  {pair}  {pairs.short(masked(turn.text))}")
    return 0
