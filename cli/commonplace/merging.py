"""Merging pages by union: both sides' lines stay, and no fact stands twice.

Git's union keeps, where both sides changed lines next to each other, the unchanged lines between them from
each side: a fact would be on the page twice.
"""

from commonplace import plumbing
from commonplace.memory.pages import without_repeats
from commonplace.place import Place


def union(place: Place, ours: bytes, base: bytes, theirs: bytes) -> bytes:
    """Return the three-way merge of a page; where both changed the same fact, `ours` is kept."""
    merged = plumbing.merge(place, ours, base, theirs, union=True)
    text = (ours if merged is None else merged).decode("utf-8", "surrogateescape")
    return without_repeats(text).encode("utf-8", "surrogateescape")
