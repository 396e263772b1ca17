"""The drain's lock: held by one process a repository, let go by the system when that process dies.

The file says who holds it. `fcntl` where there is one, `msvcrt` on Windows. Standard library only.
"""

import os
import sys
import time

from commonplace.errors import Busy
from commonplace.place import Place
from commonplace.text import age

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

_WHO = 1
"""Where the holder's line starts: byte 0 is what Windows locks, and a locked byte can't be read."""


class Lock:
    """A lock on a repository's memory, as a context manager; Busy if another process holds it.

    `name` is its file in the private folder; another name is another lock.
    """

    def __init__(self, place: Place, purpose: str, wait: float = 0, name: str = "lock") -> None:
        self.path = place.inside(name)
        self.purpose = purpose
        self.wait = wait
        self._handle = -1

    def __enter__(self) -> "Lock":
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        self._handle = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _got(self._handle, self.wait):
            raise Busy(f"{holder(self.path)}; nothing was changed", "try again when it is done")
        os.ftruncate(self._handle, 0)
        os.lseek(self._handle, 0, os.SEEK_SET)
        os.write(self._handle, f" {os.getpid()} {int(time.time())} {self.purpose}".encode())
        return self

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: "BaseException | None",
        trace: "TracebackType | None",
    ) -> None:
        os.close(self._handle)  # closing lets go of the lock


class FolderLock:
    """A folder's own lock, as a context manager: no file is needed. Busy if another keeps it so long."""

    def __init__(self, folder: str, wait: float) -> None:
        self.folder = folder
        self.wait = wait
        self._handle = -1

    def __enter__(self) -> None:
        self._handle = os.open(self.folder, os.O_RDONLY)
        if not _got(self._handle, self.wait):
            raise Busy(f"another process is at work in {self.folder}", "try again when it is done")

    def __exit__(
        self,
        kind: "type[BaseException] | None",
        error: "BaseException | None",
        trace: "TracebackType | None",
    ) -> None:
        os.close(self._handle)


def _got(handle: int, wait: float) -> bool:
    """Take the lock on an open file within so many seconds; a file that another keeps is closed."""
    until = time.monotonic() + wait
    while not _try(handle):
        if time.monotonic() >= until:
            os.close(handle)
            return False
        time.sleep(0.05)
    return True


def is_held(place: Place) -> bool:
    """Tell whether a process holds the lock at this moment."""
    try:
        handle = os.open(place.inside("lock"), os.O_RDWR)
    except OSError:
        return False
    try:
        return not _try(handle)
    finally:
        os.close(handle)


def holder(path: str) -> str:
    """Say who holds a lock: `a drain holds the lock (process 4711, 12 s)`."""
    try:
        with open(path, "rb") as file:
            file.seek(_WHO)
            pid, since, purpose = file.read(200).decode().split(" ", 2)
        return f"{purpose} holds the lock (process {pid}, for {age(time.time() - int(since))})"
    except (OSError, ValueError):
        return "another process holds the lock"


if sys.platform == "win32":
    import msvcrt

    def _try(handle: int) -> bool:
        try:
            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
