"""Writing files so that a kill or a power cut leaves the old one or the new one, never a half.

Standard library only, and little of it: this is on the hot path.
"""

import os
import stat
from errno import EXDEV


def sync_folder(folder: str) -> None:
    """Make the names in a folder durable, where the platform can (Windows cannot)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except (OSError, PermissionError):
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def write_new(path: str, data: bytes, mode: int = 0o644) -> None:
    """Create a file that must not exist yet, with its content synced; none is left if that fails."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(handle, view) :]
            os.fsync(handle)
        finally:
            os.close(handle)
    except OSError:
        discard(path)
        raise


def replace(path: str, data: bytes, mode: int = 0o644, scratch: str = "") -> None:
    """Write a file whole: a temporary one, synced, renamed over it.

    The temporary one lies in `scratch`, a folder of the same filesystem, else beside the file.
    """
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    temporary = os.path.join(scratch or folder, f".{os.path.basename(path)[:80]}.{os.getpid()}.tmp")
    try:
        remove(temporary)
        write_new(temporary, data, mode)
        os.replace(temporary, path)
    except OSError as error:
        discard(temporary)
        if scratch and error.errno == EXDEV:
            replace(path, data, mode)
            return
        raise
    sync_folder(folder)


def remove(path: str) -> bool:
    """Remove a file if it is there; tell whether it was."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


def discard(path: str) -> None:
    """Remove a file that must not stay, whatever the filesystem says of it."""
    try:
        os.unlink(path)
    except OSError:
        return


def read_regular(path: str, limit: int) -> bytes | None:
    """Return the bytes of a regular file of at most `limit` bytes, or None: gone, link, too large.

    A symbolic link is never followed.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NONBLOCK", 0)  # a pipe in the queue must not make us wait
    try:
        handle = os.open(path, flags)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        chunks = []
        while chunk := os.read(handle, 1 << 20):
            chunks.append(chunk)
        return b"".join(chunks)
    finally:
        os.close(handle)
