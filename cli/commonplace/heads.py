"""The recorded heads: where the memory's branch stood after each change made here.

`.git/commonplace/audit-heads` has one line a head, each sealed by the one before it, so that a line cannot
be changed or taken out unseen. History may only grow beyond them: the audit checks that each is still in
it. A clone has none until its first change. (A guard rail, not a wall: who can write to the repository can
write the whole file anew.)
"""

import os
import time
from dataclasses import dataclass
from hashlib import sha256

from commonplace import files
from commonplace.place import Place
from commonplace.text import one_line

FILE = "audit-heads"

AFRESH = ("restart", "purge")
"""What makes the heads before it void: a person took the history as it is, or had it rewritten."""

_TAIL = 8192
"""How much of the file's end is read to add a line; a line is far shorter."""


@dataclass(frozen=True)
class Head:
    """at: Unix time · what: the verb that moved the branch, or one of AFRESH · commit · why: a person's
    words, for those · whole: whether the seal fits the line before it.
    """

    at: int
    what: str
    commit: str
    why: str
    whole: bool


def read(place: Place) -> list[Head]:
    """Return all recorded heads, the oldest first."""
    found = []
    before = ""
    for line in _lines(files.read_regular(place.inside(FILE), 1 << 30) or b""):
        at, what, commit, why, seal = (line.split("\t") + [""] * 5)[:5]
        whole = seal == _seal(before, line.rpartition("\t")[0])
        found.append(Head(int(at) if at.isdecimal() else 0, what, commit, why, whole))
        before = seal
    return found


def record(place: Place, what: str, commit: str, old: str = "", why: str = "") -> None:
    """Add a head, synced; one that is the last already is not added again.

    The first line of all is `old`, where the branch stood before.
    """
    path = place.inside(FILE)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    try:
        size = os.fstat(handle).st_size
        os.lseek(handle, max(0, size - _TAIL), os.SEEK_SET)
        tail = os.read(handle, _TAIL)
        torn = len(tail) - tail.rfind(b"\n") - 1  # a power cut may have left half a line
        last = (_lines(tail[: len(tail) - torn]) or [""])[-1].split("\t")
        if last[2:3] == [commit] and not why:
            return
        seal = last[-1]
        new = []
        for each, where in (("began", old), (what, commit)):
            if where and (each == what or not seal):
                line = f"{int(time.time())}\t{each}\t{where}\t{one_line(why, 300)}"
                seal = _seal(seal, line)
                new.append(f"{line}\t{seal}\n")
        os.ftruncate(handle, size - torn)
        os.lseek(handle, 0, os.SEEK_END)
        os.write(handle, "".join(new).encode("utf-8", "replace"))
        os.fsync(handle)
    finally:
        os.close(handle)


def _lines(data: bytes) -> list[str]:
    """Return the whole lines; a half one at the end does not count."""
    return data.decode("utf-8", "replace").split("\n")[:-1]


def _seal(before: str, line: str) -> str:
    return sha256(f"{before}\n{line}".encode()).hexdigest()[:32]
