"""`commonplace queue`: what waits, what is held back, what vanished."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from commonplace.commands.options import Json, Repo, changing, mended

if TYPE_CHECKING:
    from commonplace.place import Place

app = typer.Typer(
    help="See and mend what waits. Nothing leaves the queue unrecorded.",
    invoke_without_command=True,
    rich_markup_mode=None,
)
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Entries, by id or its end.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]


@app.callback()
def _default(context: typer.Context, repo: Repo = "", json: Json = False) -> None:
    """List the queue unless a verb follows."""
    if context.invoked_subcommand is None:
        list_(repo, json)
    elif repo or json:
        raise typer.BadParameter(f"say it after {context.invoked_subcommand}")


@app.command("list", epilog="Example: commonplace queue list")
def list_(repo: Repo = "", json: Json = False) -> int:
    """List what waits, what is held back and why, what vanished, what is no entry."""
    from commonplace import waiting

    place, _ = mended(repo)
    rows = waiting.rows(place)
    if json:
        from json import dumps

        typer.echo(dumps([row._asdict() for row in rows], indent=2))
        return 0
    for row in rows:
        note = f"  [{row.state}{': ' + row.why if row.why else ''}]" if row.state != "waits" else ""
        typer.echo(f"{row.name}  {row.about}{note}")
    if not rows:
        typer.echo("the queue is empty")
    return 0


@app.command(epilog="Example: commonplace queue show 01M7WM9C8R9V3T5N2M7R4XBEYZ")
def show(
    entry: Annotated[str, typer.Argument(metavar="ID", help="An entry, by id or its end.")],
    repo: Repo = "",
) -> int:
    """Show one entry as it lies in the queue, what looks like a secret masked."""
    from commonplace import secrets, waiting
    from commonplace.text import visible

    place, _ = mended(repo)
    data = waiting.read(place, waiting.find(place, entry))
    typer.echo(visible(secrets.masked(data.decode("utf-8", "replace"))), nl=False)
    return 0


@app.command(epilog="Example: commonplace queue release --all")
def release(ids: Ids = None, every: All = False, repo: Repo = "") -> int:
    """Let the next drain take entries that were held back; one with a secret by its id, by a person."""
    from commonplace import caller, releasing, waiting

    place, _ = mended(repo)
    held = [row.id for row in waiting.rows(place) if row.state == "held"]
    person = caller.is_person(os.environ)
    for entry_id in _chosen(place, ids, every, held, "held back"):
        try:
            why = releasing.release(place, waiting.find(place, entry_id), by_person=person and not every)
        except releasing.Secret as error:
            if not every:
                raise
            typer.echo(error.message)
            continue
        typer.echo(f"released {entry_id}")
        if why:
            typer.echo(f"  it will be committed with {why}, and stay in history: commonplace forget --purge")
    return 0


@app.command(epilog="Example: commonplace queue restore --all")
def restore(ids: Ids = None, every: All = False, repo: Repo = "") -> int:
    """Bring back entries that vanished from queue/ without having been drained."""
    from commonplace import queue

    place, _ = mended(repo)
    vanished = {name.partition(".")[0]: name for name in queue.listing(place).vanished}
    for entry_id in _chosen(place, ids, every, list(vanished), "vanished"):
        queue.restore(place, vanished[entry_id])
        typer.echo(f"restored {entry_id}")
    return 0


@app.command(epilog='Example: commonplace queue drop 4XBEYZ --because "a test"')
def drop(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Entries, by id or its end.")],
    because: Annotated[str, typer.Option("--because", help="Why; the commit records it.")],
    repo: Repo = "",
) -> int:
    """Take entries out of the queue without filing them; history keeps them, and the reason."""
    from commonplace import decisions, waiting
    from commonplace.commands.options import reason

    place, settings = changing(repo)
    names = [waiting.find(place, said) for said in ids]
    commit = decisions.drop(place, settings, names, reason(because))
    typer.echo(f"dropped {', '.join(name.partition('.')[0] for name in names)}  {commit[:10]}")
    return 0


def _chosen(place: "Place", ids: list[str] | None, every: bool, among: list[str], what: str) -> list[str]:
    """Return the ids that were said, each one of `among`; UsageError where one is not."""
    from commonplace import waiting
    from commonplace.errors import UsageError

    if bool(ids) == every:
        raise UsageError("say which entries, or --all", "commonplace queue list")
    chosen = [waiting.find(place, said).partition(".")[0] for said in ids or []]
    for entry_id in chosen:
        if entry_id not in among:
            raise UsageError(f"{entry_id} is not {what}", "commonplace queue list")
    if every and not among:
        typer.echo(f"no entry is {what}" if what != "vanished" else "no entry has vanished")
    return chosen or among
