"""`commonplace install` and `commonplace uninstall`: connect a host, disconnect it."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from commonplace.commands.options import DryRun, Repo, mended

if TYPE_CHECKING:
    from commonplace.hosts.connection import Edit

NAME = "install"
EXAMPLE = "Example: commonplace install claude-code --dry-run"

Host = Annotated[
    str,
    typer.Argument(
        metavar="HOST",
        help="claude-code, codex, gemini-cli, copilot-cli, opencode, or cursor (from its docs alone).",
    ),
]
Project = Annotated[
    str, typer.Option("--project", metavar="DIR", help="Only for this project. Default: for all.")
]


Mcp = Annotated[bool, typer.Option("--mcp", help="Register the MCP server with the host as well.")]


def command(
    host: Host, project: Project = "", mcp: Mcp = False, dry_run: DryRun = False, repo: Repo = ""
) -> int:
    """Connect a host: its hooks call us, and it loads the memory's skills and rules."""
    from commonplace.hosts import install
    from commonplace.settings import program

    place, settings = mended(repo)
    call = program(place, os.environ)
    where = os.path.abspath(project) if project else ""
    if dry_run:
        edits = install.plan(host, where, place, settings, call, os.environ, mcp=mcp)
        edits = [edit for edit in edits if edit.before != edit.after]
        typer.echo("\n".join(_shown(edit) for edit in edits) or "nothing would change")
        return 0
    edits = install.install(host, where, place, settings, call, os.environ, mcp=mcp)
    _report(edits, "connected already: nothing changed")
    if host in _TO_DO:
        typer.echo(_TO_DO[host])
    return 0


_TO_DO = {
    "codex": "now start codex once and trust the hooks when it asks: untrusted ones do not run, silently",
    "copilot-cli": "for a project's hooks with `copilot -p`, the folder must be trusted (--trust-folder)",
    "cursor": "written from Cursor's documentation alone: please report what you see",
}


def uninstall(host: Host, project: Project = "", dry_run: DryRun = False) -> int:
    """Disconnect a host: each file as it was before, if nobody else has changed it since."""
    from commonplace.hosts import install

    where = os.path.abspath(project) if project else ""
    if dry_run:
        edits = install.plan_out(host, where, os.environ)
        typer.echo("\n".join(_shown(edit) for edit in edits) or "nothing would change")
        return 0
    _report(install.uninstall(host, where, os.environ), "it was not connected: nothing changed")
    return 0


def _report(edits: "list[Edit]", nothing: str) -> None:
    for edit in edits:
        gone = edit.after is None
        verb = "removed" if gone else "linked" if edit.link else "wrote"
        typer.echo(f"{verb} {edit.path}")
    if not edits:
        typer.echo(nothing)


def _shown(edit: "Edit") -> str:
    """Return what an edit would change: a diff, or the link."""
    from commonplace import show

    if edit.link:
        return f"{'unlink' if edit.after is None else 'link'} {edit.path} -> {edit.link}"
    return show.diff(edit.path.lstrip(os.sep), edit.before, edit.after)
