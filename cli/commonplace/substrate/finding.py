"""Where the session logs are: below the folders in which hosts keep them, or below one that is named."""

import os
import stat

from commonplace.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import ModuleType

HOSTS = ("claude-code", "codex", "gemini-cli", "copilot-cli", "opencode")

_DEPTH = 12
"""How many folders deep a folder that is named is looked into."""

_ENDINGS = (".jsonl", ".json", ".db")


_HEAD = 1 << 16
"""How much of a file is looked at to tell whose it is, in bytes."""


class Found:
    """A log: its host, its path, and a stamp that differs when the file does."""

    __slots__ = ("host", "path", "stamp")

    def __init__(self, host: str, path: str, stamp: str) -> None:
        self.host = host
        self.path = path
        self.stamp = stamp


def reader(host: str) -> "ModuleType":
    """Return the module that reads a host's logs; UsageError if there is none."""
    if host not in HOSTS:
        raise UsageError(f"{host!r} keeps no logs that are read", f"use one of {', '.join(HOSTS)}")
    name = "commonplace.substrate.transcripts." + host.replace("-", "_")
    module: ModuleType = __import__(name, fromlist=["read"])
    return module


def logs(environ: "Mapping[str, str]", host: str = "", path: str = "") -> "list[Found]":
    """Return the logs of one host or of all, where they are kept or below `path`, by path."""
    hosts = (host,) if host else HOSTS
    if not path:
        found = [log for name in hosts for log in _kept(name, environ)]
    else:
        below = _files(path, _DEPTH, lambda file: file.endswith(_ENDINGS))
        found = [log for file, status in below for log in _logs_in(host_of(file), file, status)]
    return sorted((log for log in found if log.host in hosts), key=lambda log: log.path)


def _kept(host: str, environ: "Mapping[str, str]") -> "Iterator[Found]":
    """Yield the logs where a host keeps them."""
    module = reader(host)
    for folder in module.folders(environ):
        for file, status in _files(folder, module.DEPTH, module.is_log):
            yield from _logs_in(host, file, status)


def _logs_in(host: str, file: str, status: os.stat_result) -> "Iterator[Found]":
    """Yield the logs in a file: itself, but a database holds a log a session."""
    if host == "opencode" and file.endswith(".db"):
        for path, its in reader(host).inside(file):
            yield Found(host, path, its)
    elif host:
        yield Found(host, file, stamp(status))


_SIGNS = (
    ("claude-code", (b'"parentUuid":', b'"leafUuid":', b'"isSidechain":')),
    ("codex", (b'"type":"session_meta"', b'"type":"response_item"')),
    ("gemini-cli", (b'"projectHash":',)),
    ("copilot-cli", (b'"type":"session.start"',)),
    ("opencode", (b"SQLite format 3\0", b'"projectID":')),
)


def host_of(file: str) -> str:
    """Return which host wrote a file, by its first records; "" if none did."""
    try:
        with open(file, "rb", opener=regular) as log:
            head = log.read(_HEAD).replace(b'": ', b'":')
    except OSError:
        return ""
    return next((host for host, signs in _SIGNS if any(sign in head for sign in signs)), "")


def regular(path: str, flags: int) -> int:
    """Open a regular file; OSError for anything else that may stand there by now."""
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise OSError("not a regular file")
    return handle


def stamp(status: os.stat_result) -> str:
    """Return what differs when a file was written to or replaced."""
    return f"{status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"


def _files(top: str, depth: int, wanted: "Callable[[str], object]") -> "Iterator[tuple[str, os.stat_result]]":
    """Yield the wanted regular files below a folder. Links are followed, no folder is entered twice.

    depth: how many folders deep.
    """
    waiting = [(top, depth)]
    seen = set()
    while waiting:
        folder, left = waiting.pop()
        try:
            status = os.stat(folder)
            if (status.st_dev, status.st_ino) in seen:
                continue
            seen.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as found:
                entries = list(found)
        except OSError:
            continue  # gone, no folder, or not ours to read
        for entry in entries:
            try:
                entry.path.encode()
                if entry.is_dir():
                    waiting += [(entry.path, left - 1)] if left else []
                elif wanted(entry.path) and entry.is_file():
                    yield entry.path, entry.stat()
            except (OSError, UnicodeEncodeError):
                continue  # a link to itself, a name that can't be written down
