"""The cues that features look for: words and phrases by kind, from `cues.txt`.

Where one stands decides what it means. Read once, when the first turn is looked at.
"""

import os

PATH = os.path.join(os.path.dirname(__file__), "cues.txt")

WORDS = ("filler", "finite", "did", "tag", "condition", "common", "routine", "claim")
"""The kinds that are sets of single words; the phrases of all others are looked for together."""

Heads = dict[str, list[tuple[tuple[str, ...], frozenset[str]]]]
"""First word → its phrases, the longest first, each with its kinds."""

_phrases: dict[str, list[str]] = {}
_words: dict[str, frozenset[str]] = {}
_heads: Heads = {}


def phrases() -> dict[str, list[str]]:
    """Return kind → its phrases, as the file has them."""
    if not _phrases:
        found: dict[str, str] = {}
        kind = ""
        with open(PATH, encoding="utf-8") as file:
            for line in file:
                if line.startswith(" "):
                    found[kind] += line
                elif line[0] not in "#\n":
                    kind = line.strip().rstrip(":")
                    found[kind] = ""
        for kind, text in found.items():
            _phrases[kind] = [" ".join(phrase.split()) for phrase in text.split(",")]
    return _phrases


def words(kind: str) -> frozenset[str]:
    """Return a set of single words."""
    if kind not in _words:
        _words[kind] = frozenset(phrases()[kind])
    return _words[kind]


def heads() -> Heads:
    """Return the phrases by their first words."""
    if not _heads:
        kinds: dict[str, set[str]] = {}
        for kind, said in phrases().items():
            for phrase in () if kind in WORDS else said:
                kinds.setdefault(phrase, set()).add(kind)
        for phrase in sorted(kinds, key=lambda phrase: -phrase.count(" ")):
            split = tuple(phrase.split(" "))
            _heads.setdefault(split[0], []).append((split, frozenset(kinds[phrase])))
    return _heads
