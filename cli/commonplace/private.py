"""The private folder's own format: caches of an older shape, or of a newer one, are made anew.

What is no cache (the inbox, held entries, sessions, the recorded heads, what a kill left) is never removed
here: each file of those is read by itself, whoever wrote it.
"""

import os

from commonplace import files
from commonplace.place import Place, read

FORMAT = 1
"""The shape of the caches that this program writes."""

CACHES = (
    "compiled", "closed", "answers", "substrate.sqlite", "substrate.sqlite.seal", "recall.sqlite",
    "recall.sqlite.seal", "chronicle.sqlite", "chronicle.sqlite.seal",
)  # fmt: skip
"""What is only ever a cache, in the private folder."""


def renew(place: Place) -> None:
    """Remove caches of another shape; the next who needs one makes it."""
    mark = place.inside("format")
    if read(mark).strip() == str(FORMAT) or not os.path.isdir(place.private):
        return
    try:
        for name in CACHES:
            _remove(place.inside(name))
        files.replace(mark, f"{FORMAT}\n".encode())
    except OSError:
        return  # a read-only or full disk: the next one tries again


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        import shutil

        shutil.rmtree(path)
    else:
        files.remove(path)
