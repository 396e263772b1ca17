"""A SQLite file that is only ever a cache: opened if it is as we left it, else made anew.

Beside it lies a seal: inode, size and time of the file as the last change of ours left it. Damage that
SQLite would read over, a file of another program, an older form of ours: whatever is not sealed goes.
"""

import os
import sqlite3
import time
from contextlib import closing

from commonplace import files
from commonplace.place import read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

WAIT = 20.0
"""How long another process may hold the file, in seconds."""

_PATIENCE, _MOMENT = 0.15, 0.01
"""How long another process may take from its change to its seal, and how often we look, in seconds."""


def opened(path: str, form: int, make: "Callable[[sqlite3.Connection], None]") -> sqlite3.Connection:
    """Open the file; OSError or sqlite3.Error where none can be kept.

    form: a number that is raised with every change of the tables · make: makes them in an empty file.
    """
    until = time.monotonic() + _PATIENCE
    while not _is_sealed(path, form):
        if time.monotonic() > until or not os.path.exists(path):
            _renew(path, form, make)
            break
        time.sleep(_MOMENT)
    return sqlite3.connect(path, timeout=WAIT, isolation_level=None)


def seal(path: str, form: int) -> None:
    """Say that the file is as we left it. Where that can't be written, it is made anew next time."""
    try:
        with open(f"{path}.seal", "w", encoding="ascii", opener=_private) as file:
            file.write(_seal(path, form))
    except OSError:
        return


def _renew(path: str, form: int, make: "Callable[[sqlite3.Connection], None]") -> None:
    """Put an empty file in place of what is there, if anything is; OSError where that can't be done."""
    there = os.path.exists(path)
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    fresh = f"{path}.{os.getpid()}"
    files.discard(fresh)
    os.close(_private(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    try:
        with closing(sqlite3.connect(fresh, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = OFF")
            make(db)
        if there or not _linked(fresh, path):
            files.discard(f"{path}-journal")  # of the file that goes
            os.replace(fresh, path)
    except sqlite3.Error as error:
        raise OSError(*error.args) from error
    finally:
        files.discard(fresh)
    seal(path, form)


def _linked(fresh: str, path: str) -> bool:
    """Give a file its name unless it is taken by now: two processes that start at once share the first."""
    try:
        os.link(fresh, path)
    except FileExistsError:
        return True
    except OSError:
        return False  # a filesystem without links
    return True


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _is_sealed(path: str, form: int) -> bool:
    try:
        return read(f"{path}.seal") == _seal(path, form)
    except OSError:
        return False


def _seal(path: str, form: int) -> str:
    status = os.stat(path)
    return f"{form} {status.st_ino} {status.st_size} {status.st_mtime_ns}"
