"""Answers kept from an earlier drain that failed later: the same question is not paid for twice."""

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from commonplace import files

DAY = 86_400
KEEP = 30 * DAY
"""How long an answer is kept, in seconds."""

KEEP_REFUSED = DAY
"""How long it is kept that a worker gave no usable answer: a person may have mended the worker."""

_LIMIT = 1 << 22


@dataclass(frozen=True)
class Kept:
    """text: the answer as the model gave it · failure: why there is none, if it was refused for good."""

    text: str
    failure: str


def load(folder: str, key: str) -> Kept | None:
    """Return what is kept under a key, or None."""
    path = os.path.join(folder, key)
    data = files.read_regular(path, _LIMIT)
    try:
        held = json.loads(data or b"")
        kept = Kept(str(held["text"]), str(held["failure"]))
        old = time.time() - os.path.getmtime(path)
    except (ValueError, TypeError, LookupError, OSError):
        return None
    return kept if old < (KEEP_REFUSED if kept.failure else KEEP) else None


def save(folder: str, key: str, kept: Kept) -> None:
    """Keep an answer; where that cannot be, it is only a saving lost."""
    held: Mapping[str, str] = {"text": kept.text, "failure": kept.failure}
    with suppress(OSError):
        files.replace(os.path.join(folder, key), json.dumps(held).encode(), mode=0o600)


def clear_old(folder: str) -> None:
    """Remove what is too old to be used again."""
    with suppress(OSError), os.scandir(folder) as found:
        for item in found:
            if item.is_file(follow_symlinks=False) and time.time() - item.stat().st_mtime > KEEP:
                files.discard(item.path)
