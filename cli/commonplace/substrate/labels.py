"""What a person said of pairs: keep, maybe or skip. A plain file, a line a label; the last of a pair wins.

It lies in `.git/commonplace/labels`, apart from the caches: they can be made again, a person's word cannot.
"""

import os
from datetime import UTC, datetime

from commonplace import files
from commonplace.place import Place, read

NAME = "labels"

WORDS = ("keep", "maybe", "skip")


def put(place: Place, pair: str, word: str, now: float) -> None:
    """Append a label: its time, the pair's id, the word."""
    time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    path = place.inside(NAME)
    os.makedirs(place.private, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
    try:
        # A line that a kill cut short must not swallow this one.
        start = b"\n" if os.fstat(handle).st_size and not _ends_whole(path) else b""
        os.write(handle, start + f"{time} {pair} {word}\n".encode())
        os.fsync(handle)
    finally:
        os.close(handle)
    files.sync_folder(place.private)


def load(place: Place) -> dict[str, str]:
    """Return pair id → label. A line that is none is passed over."""
    said = {}
    for line in read(place.inside(NAME)).splitlines():
        parts = line.split()
        if len(parts) == 3 and parts[2] in WORDS:
            said[parts[1]] = parts[2]
    return said


def _ends_whole(path: str) -> bool:
    with open(path, "rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
