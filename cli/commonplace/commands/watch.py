"""`commonplace watch`: flags, drains and proposals as they land."""

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from commonplace.commands.options import Json, Repo, mended

if TYPE_CHECKING:
    from commonplace.place import Place
    from commonplace.watching import News

NAME = "watch"
EXAMPLE = "Example: commonplace watch --drain-idle 10m"

ULID = 26
"""The characters of an entry's id; a commit's is longer, and cut."""

LOOK = 2000
"""Milliseconds after which it looks without having been told: some filesystems tell nothing."""


def command(
    drain_idle: Annotated[
        str,
        typer.Option("--drain-idle", metavar="TIME", help="Drain when nothing has come for so long: 10m."),
    ] = "",
    repo: Repo = "",
    json: Json = False,
) -> int:
    """Show what lands in the memory as diffs, until Ctrl-C; with --json a line each."""
    from watchfiles import watch

    from commonplace import watching
    from commonplace.times import duration

    idle = duration(drain_idle) if drain_idle else 0.0
    place, _ = mended(repo)
    os.makedirs(place.queue, exist_ok=True)
    state = watching.look(place)
    drains = _Drains(place, idle)
    typer.echo(f"watching {place.root}; Ctrl-C ends it", err=True)
    watched = (place.queue, os.path.join(place.git, "refs"))
    try:
        for _ in watch(*watched, watch_filter=None, rust_timeout=LOOK, yield_on_timeout=True):
            now = watching.look(place, state)
            if now != state:
                drains.put_off()
                for item in watching.news(place, state, now):
                    typer.echo(_as_json(item) if json else _shown(item))
                state = now
            drains.tend()
    except KeyboardInterrupt:
        typer.echo("", err=True)  # the end that was announced, no fault
    finally:
        drains.end()
    return 0


class _Drains:
    """The drains that an idle queue starts, one at a time, in a process of their own."""

    def __init__(self, place: "Place", idle: float) -> None:
        self.place = place
        self.idle = idle
        self.since = time.monotonic()
        self.running: subprocess.Popen[bytes] | None = None

    def put_off(self) -> None:
        """Begin to count anew: something has come."""
        self.since = time.monotonic()

    def tend(self) -> None:
        """Start a drain if it is time and something waits that no person holds back."""
        if self.running and self.running.poll() is None:
            return
        self.running = None
        if self.idle and time.monotonic() - self.since >= self.idle and self._waits():
            self.put_off()  # one that fails has said why, and is tried again after as long
            command = [sys.executable, "-P", "-m", "commonplace", "drain", "--quiet", "--wait", "60"]
            self.running = subprocess.Popen([*command, "--repo", self.place.root], stdin=subprocess.DEVNULL)

    def _waits(self) -> bool:
        from commonplace import queue

        listed = queue.listing(self.place)
        return any(name.partition(".")[0] not in listed.held for name in listed.names)

    def end(self) -> None:
        """Wait for a drain under way; Ctrl-C has reached it too."""
        if self.running:
            self.running.wait()


def _shown(item: "News") -> str:
    from commonplace import show
    from commonplace.text import visible

    name = item.id[:10] if len(item.id) > ULID else item.id
    head = show.colour(f"{time.strftime('%H:%M:%S')}  {item.kind} {name}", "yellow")
    return "\n".join([f"{head}  {item.title}", *(show.coloured(visible(line)) for line in item.diff)])


def _as_json(item: "News") -> str:
    from json import dumps

    return dumps({"kind": item.kind, "id": item.id, "title": item.title, "diff": list(item.diff)})
