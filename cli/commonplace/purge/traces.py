"""The copies outside git: what of the purged text lies in the private folder, and is cleaned there.

Caches go whole and are made again; logs and marks keep their lines, masked. The sealed list of heads holds
ids alone and is not touched; nor are other entries that wait, which are named.
"""

import os
import shutil
from collections.abc import Iterator

from commonplace import files
from commonplace.entry import MAX_FILE
from commonplace.heads import FILE as HEADS
from commonplace.place import Place
from commonplace.purge.mask import Mask

BACKUPS = "purged"
"""The folder of the bundles that hold the history as it was before each purge."""

_CACHE = ".sqlite"
"""In the name of a cache, of what SQLite lays beside it, and of one that was being made."""
_WHOLE = ("answers", "index")
"""Folders of caches and scratch files."""

_LEFT = ("inbox", BACKUPS)
_MOST = 1 << 28


def clean(place: Place, mask: Mask) -> None:
    """Clean the private folder; each step can be done twice."""
    for name in _WHOLE:
        shutil.rmtree(place.inside(name), ignore_errors=True)
    for path in _walk(place.private, _LEFT):
        name = os.path.basename(path)
        if _CACHE in name or name.startswith("fast_import_crash_"):
            files.discard(path)
        elif name != HEADS:
            _mask(path, mask)
    for path in _walk(place.inbox, ()):
        if os.path.basename(path).startswith(tuple(f".{entry_id}" for entry_id in mask.entries)):
            files.discard(path)  # what a flag that was killed left


def _walk(top: str, left: tuple[str, ...]) -> Iterator[str]:
    for folder, folders, names in os.walk(top):
        if folder == top:
            folders[:] = [name for name in folders if name not in left]
        yield from (os.path.join(folder, name) for name in names)


def _mask(path: str, mask: Mask) -> None:
    data = files.read_regular(path, _MOST)
    if data is not None and (masked := mask.log(data)) != data:
        files.replace(path, masked, os.stat(path).st_mode & 0o777)


def waiting(place: Place, mask: Mask) -> list[str]:
    """Return the entries of the queue that say it too: they are held, or were flagged by somebody else."""
    found = []
    for name in sorted(os.listdir(place.queue)) if os.path.isdir(place.queue) else []:
        data = files.read_regular(os.path.join(place.queue, name), MAX_FILE)
        if data is not None and mask.blob(data) != data:
            found.append(name)
    return found
