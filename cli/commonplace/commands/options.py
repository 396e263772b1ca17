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
    from commonplace import private, secrets, settings

    found = here(repo)
    private.renew(found)
    hot.mend(found)
    held = settings.load(found, os.environ)
    secrets.learn(held.text("secrets.patterns"))
    return found, held


def changing(repo: str) -> "tuple[Place, Settings]":
    """Return the same for a verb that changes memory: one of an older format is brought to ours first.

    Without a person at a terminal nothing is signed: git could ask for a passphrase.
    """
    from dataclasses import replace

    from commonplace import caller, upgrade

    place, settings = mended(repo)
    if not caller.is_person(os.environ):
        settings = replace(settings, values={**settings.values, "audit.sign": False})
    upgrade.upgrade(place, settings)
    return place, settings


def reason(because: str) -> str:
    """Return a reason as it will be committed, or raise UsageError: empty, too long, with a secret in it."""
    from commonplace import secrets
    from commonplace.text import accept_text

    if what := secrets.named(because):
        raise UsageError(
            f"the reason holds what looks like {what}, and it would be committed", "leave it out"
        )
    return accept_text(because, "reason")


def forwarded(**said: str | bool | None) -> dict[str, str]:
    """Return options as the hot path takes them: only what was said, a switch as `yes`."""
    return {
        name: "yes" if value is True else value
        for name, value in said.items()
        if value is not None and value is not False and (value or name in ("", "snag", "better"))
    }
