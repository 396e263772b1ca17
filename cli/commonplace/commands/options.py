"""What several verbs share: the options, and how a verb finds its repository and settings."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from commonplace import hot, place
from commonplace.errors import UsageError
from commonplace.place import Place

if TYPE_CHECKING:
    from commonplace.settings import Settings

Repo = Annotated[
    str, typer.Option("--repo", metavar="DIR", help="The memory repository. Else COMMONPLACE_REPO.")
]
Json = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would change; change nothing.")]
Session = Annotated[str, typer.Option("--session", metavar="ID", help="The agent's session.")]
Agent = Annotated[str, typer.Option("--agent", metavar="ID", help="The sub-agent of the session.")]
Scope = Annotated[
    str,
    typer.Option(
        "--scope",
        metavar="SCOPE",
        help="user or project:<id>. Default: the project of this folder, else user.",
    ),
]
Origin = Annotated[str, typer.Option("--origin", help="Who says it: user, agent, mined, tool or web.")]


def here(repo: str) -> Place:
    """Return the repository to work on."""
    return place.find(repo, os.environ, os.getcwd())


def mended(repo: str) -> "tuple[Place, Settings]":
    """Return the repository and its settings, after finishing a change that a kill cut short."""
    from commonplace import settings

    found = here(repo)
    hot.mend(found)
    return found, settings.load(found, os.environ)


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def duration(text: str) -> float:
    """Return a length of time such as `90s`, `10m`, `2h`, `7d` in seconds, or raise UsageError."""
    number, unit = text.strip()[:-1], text.strip()[-1:]
    if unit not in _UNITS or not number.isdecimal():
        raise UsageError(f"{text!r} is no length of time", "say it as 90s, 10m, 2h or 7d")
    return float(int(number) * _UNITS[unit])


def forwarded(**said: str | bool | None) -> dict[str, str]:
    """Return options as the hot path takes them: only what was said, a switch as `yes`."""
    return {
        name: "yes" if value is True else value
        for name, value in said.items()
        if value is not None and value is not False and (value or name in ("", "snag", "better"))
    }
