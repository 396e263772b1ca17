"""Desks: the folders that workers run in: empty, the person's own, outside any repository.

A client looks for instructions and settings from its folder upwards, so none may stand there. Some write
down every folder they ever ran in: so the folders have lasting names, as few as there are jobs.
"""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue


class Desks:
    """A number of desks below one folder, each for one worker at a time."""

    def __init__(self, scratch: str, name: str, number: int) -> None:
        self.folder = _own_folder(os.path.join(scratch, f"commonplace-{name}"))
        self.free: SimpleQueue[str] = SimpleQueue()
        for slot in range(number):
            self.free.put(os.path.join(self.folder, f"worker-{slot + 1}"))

    @contextmanager
    def desk(self, files: Sequence[tuple[str, str]]) -> Iterator[str]:
        """Lend a desk on which only these files (path, text) lie; clear it afterwards."""
        folder = self.free.get()
        try:
            shutil.rmtree(folder, ignore_errors=True)
            for path, text in (("", ""), *files):
                full = os.path.join(folder, path)
                os.makedirs(os.path.dirname(full), mode=0o700, exist_ok=True)
                if path:
                    with open(full, "w", encoding="utf-8") as file:
                        file.write(text)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            self.free.put(folder)

    def clear(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _own_folder(path: str) -> str:
    """Return the folder, made if need be; another one where somebody else has put theirs in its place."""
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        status = os.lstat(path)
    except OSError:
        return tempfile.mkdtemp(prefix="commonplace-", dir=os.path.dirname(path))
    mine = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)
    if stat.S_ISDIR(status.st_mode) and mine:
        return path
    return tempfile.mkdtemp(prefix="commonplace-", dir=os.path.dirname(path))
