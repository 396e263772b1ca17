"""`commonplace forget`: take a fact or an entry out of memory; with --purge out of history too."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from commonplace.commands.drain import refresh
from commonplace.commands.options import DryRun, Repo, changing, mended

if TYPE_CHECKING:
    from commonplace.forget import Target
    from commonplace.place import Place
    from commonplace.purge.run import Purged
    from commonplace.settings import Settings

NAME = "forget"
EXAMPLE = "Example: commonplace forget ^2m7r4xbeyz"


def command(
    fact: Annotated[str, typer.Argument(metavar="[^ID]", help="The fact.")] = "",
    entry: Annotated[
        str, typer.Option("--entry", metavar="ID", help="The entry, queued or drained, with all its facts.")
    ] = "",
    purge: Annotated[
        bool, typer.Option("--purge", help="Out of all history as well, which is written anew. A person's.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="With --purge: have git drop the old history's objects at once.")
    ] = False,
    dry_run: DryRun = False,
    repo: Repo = "",
) -> int:
    """Take a fact, or an entry with all its facts, out of memory, as a commit; history keeps it."""
    from commonplace import caller, forget, show
    from commonplace.drain.snapshot import take
    from commonplace.errors import UsageError

    if bool(fact) == bool(entry):
        raise UsageError("say which fact, or which entry", "commonplace forget ^2m7r4xbeyz")
    if prune and not purge:
        raise UsageError("--prune goes with --purge", "commonplace forget ^2m7r4xbeyz --purge --prune")
    place, settings = (mended if dry_run else changing)(repo)
    target = forget.find(place, fact, entry)
    if purge:
        return _purge(place, settings, target, dry_run=dry_run, prune=prune)
    if dry_run:
        taken = take(place, settings)
        planned = forget.plan(place, settings, target, taken)
        for path, new in sorted(planned.pages.items()):
            file = taken.on_disk.get(path)
            typer.echo(show.diff(path, file.data if file else None, new))
        typer.echo(f"would be {planned.subject}", err=True)
        return 0
    done = forget.forget(place, settings, target, by_person=caller.is_person(os.environ))
    refresh(place, settings)
    typer.echo(f"{done.subject}  {done.commit[:10]}" if done.commit else "it had been forgotten before")
    return 0


_ABOUT = """\
A purge writes history anew: {commits} and {files} change, on {refs}.
  What the entry and its facts said is replaced by [forgotten] in every version of queue files, pages and
  proposals, in stashes, and in our own logs; a secret in it wherever it stands, in any file or message.
  All later commits get new ids. A backup of the history as it is, with the secret in it, is kept.
  It cannot reach what has left this machine: clones, remotes, a forge's caches, the session's own log.
  A secret that was real counts as leaked: have it replaced first; that alone helps."""


def _purge(place: "Place", settings: "Settings", target: "Target", *, dry_run: bool, prune: bool) -> int:
    """Explain, ask, and do it; say what is left to do."""
    from commonplace import caller
    from commonplace.errors import CommonplaceError
    from commonplace.purge import run
    from commonplace.text import count

    if not dry_run and not caller.is_person(os.environ):
        raise CommonplaceError("a purge is a person's to say, at a terminal", "run it yourself")
    planned = run.preview(place, settings, target)
    changed = count(planned.files, "version of a file", "versions of files")
    refs = count(len(planned.refs), "ref")
    typer.echo(_ABOUT.format(commits=count(planned.commits, "commit"), files=changed, refs=refs))
    if dry_run:
        return 0
    if not typer.confirm("Write the history anew?"):
        typer.echo("nothing was changed")
        return 1
    purged = run.purge(place, settings, target)
    refresh(place, settings)
    for line in _told(place, purged, pruned=prune):
        typer.echo(line)
    if prune:
        run.prune(place)
        typer.echo("  git has dropped the old history's objects")
    return 0


def _told(place: "Place", purged: "Purged", *, pruned: bool) -> list[str]:
    """Return what was done, and what a person has yet to do."""
    from shlex import quote

    from commonplace.text import count

    git = f"git -C {quote(place.root)}"
    commits, refs = count(purged.commits, "commit"), count(len(purged.refs), "ref")
    lines = [f"purged: {commits} written anew, {refs} moved"]
    lines += [f"  {path} says it still, edited since: mend it by hand" for path in purged.left]
    lines += [
        f"  queue/{name} says it too: commonplace forget --entry {name[:26]}" for name in purged.waiting
    ]
    if not pruned:
        lines.append(
            "  the old objects are still in this repository, until git drops them; to drop them now:"
        )
        lines.append(f"    {git} reflog expire --expire=now --all && {git} gc --prune=now")
    lines.append("  the backup holds the secret; once you have looked at the memory, remove it:")
    lines += [f"    rm {quote(path)}" for path in purged.backups]
    if purged.remotes:
        lines.append(f"  the remotes have it still ({', '.join(purged.remotes)}), and so has every clone:")
        lines.append(f"    {git} push --force --all && {git} push --force --tags, then clone anew elsewhere,")
        lines.append("    and ask the forge to drop what it has cached")
    return lines
