"""One worker's process: fed, listened to within limits, and ended with all that it started."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import IO, Literal

MAX_OUT = 1 << 20
"""How many bytes a worker may print before it is ended."""

MAX_ERR = 4096
"""How many of the last bytes of its standard error are kept."""

_CHUNK = 1 << 16
_TICK = 0.1

End = Literal["", "time", "flood", "stopped"]


@dataclass(frozen=True)
class Ran:
    """How a process ended. `ended`: "" by itself, else why it was ended · `code`: negative for a signal."""

    ended: End
    code: int
    out: bytes
    err: bytes


class NotInstalled(Exception):
    """The command cannot be started; the message says why."""


def run(
    command: Sequence[str], data: bytes, environ: Mapping[str, str], folder: str, timeout: float, stop: Event
) -> Ran:
    """Run a command in a session of its own until it ends, or until it must be ended.

    Raise NotInstalled where it cannot be found or run, OSError where nothing can be started now.
    """
    process = _start(command, environ, folder)
    out, err = _Listener(process.stdout, first=MAX_OUT), _Listener(process.stderr, last=MAX_ERR)
    feeder = Thread(target=_feed, args=(process.stdin, data), daemon=True)
    try:
        feeder.start()
        ended = _watch(process, out, time.monotonic() + timeout, stop)
    finally:
        _end_group(process)
    # What has fled into a session of its own may hold the pipes open; it is not waited for.
    patience = time.monotonic() + 1
    for thread in (feeder, out, err):
        thread.join(max(0.0, patience - time.monotonic()))
    if out.full and not ended:
        ended = "flood"
    return Ran(ended, process.returncode, bytes(out.held), bytes(err.held))


def _start(command: Sequence[str], environ: Mapping[str, str], folder: str) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            command,
            env=environ,
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except (FileNotFoundError, PermissionError) as error:
        raise NotInstalled(error.strerror or str(error)) from error


def _watch(process: "subprocess.Popen[bytes]", out: "_Listener", until: float, stop: Event) -> End:
    while process.poll() is None:
        if stop.is_set():
            return "stopped"
        if out.full:
            return "flood"
        if (left := until - time.monotonic()) <= 0:
            return "time"
        with suppress(subprocess.TimeoutExpired):
            process.wait(min(_TICK, left))
    return ""


def _end_group(process: "subprocess.Popen[bytes]") -> None:
    """Kill the process and what is left of its group, and wait for it."""
    with suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
    process.wait()


def _feed(pipe: IO[bytes] | None, data: bytes) -> None:
    if pipe is None:
        return
    with suppress(OSError, ValueError):  # it may answer without having read everything
        view = memoryview(data)
        while view:
            view = view[pipe.write(view[:_CHUNK]) :]
    with suppress(OSError):
        pipe.close()


class _Listener(Thread):
    """Reads a pipe to its end. It keeps the `first` bytes and then reads no more, or keeps the `last`."""

    def __init__(self, pipe: IO[bytes] | None, first: int = 0, last: int = 0) -> None:
        super().__init__(daemon=True)
        self.pipe, self.first, self.last = pipe, first, last
        self.held = bytearray()
        self.full = False
        self.start()

    def run(self) -> None:
        if self.pipe is None:
            return
        with suppress(OSError, ValueError), self.pipe:
            while not self.full and (chunk := self.pipe.read(_CHUNK)):
                self.held += chunk
                self.full = bool(self.first) and len(self.held) > self.first
                if self.last:
                    del self.held[: -self.last]
