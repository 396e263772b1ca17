"""Polarity: whether a text says of a thing that it is so where its sources say that it is not.

Every word of `Push to main` stands in `Never push to main`, so the words alone don't tell. A text is cut
into clauses, each negative or not; a clause must have a clause among its sources that speaks of the same
and has the same sign. It is a measure by words, not an understanding: in doubt the sign was turned.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from commonplace.drain.claims import is_ordinary, normalised, root
from commonplace.drain.ordinary import FUNCTION, words

_APOSTROPHE = "(do|does|did|is|are|was|were|has|have|had|would|should|could|must|need)"
_SAID_OTHERWISE = (
    (re.compile(r"\bcan(?:no|'?)t\b", re.IGNORECASE), " can not "),
    (re.compile(r"\bwon'?t\b", re.IGNORECASE), " will not "),
    (re.compile(rf"\b{_APOSTROPHE}n'?t\b", re.IGNORECASE), r" \1 not "),
    (re.compile(r"\bnot only\b|\bno matter\b|\bwhether or not\b", re.IGNORECASE), " "),
    (re.compile(r"\bno longer\b|\bnot any ?more\b", re.IGNORECASE), " not "),
    (re.compile(r"\b(?:instead of|rather than)\b", re.IGNORECASE), " ; not "),
    (re.compile(r"\bwithout\b", re.IGNORECASE), " ; not "),
)
_NEGATIVE = words(
    """
    not no never none nor neither cannot nothing nobody nowhere avoid avoids avoided avoiding forbid
    forbids forbidden prohibit prohibits prohibited disallowed banned
    """
)
_AUXILIARY = words(
    """
    do does did is are was were be been am has have had will would shall should can could may might must
    need why if or and but it
    """
)
_STRONG = re.compile(r"[.;:!?](?=\s|$)|[\n()\[\]—|]|\s-+\s")
_SUBORDINATE = words(
    """
    but however because since so if when unless until before after while then whereas although though
    except
    """
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?|,")

_REVERSED = words(
    """
    enable/disable enabled/disabled allow/forbid allowed/forbidden always/never increase/decrease
    minimum/maximum min/max public/private true/false ascending/descending above/below more/less yes/no
    success/failure synchronous/asynchronous accept/reject accepted/rejected with/without
    """
)
_PAIRS = [pair.split("/") for pair in _REVERSED]
_OPPOSITE = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}


@dataclass(frozen=True)
class Clause:
    """What a clause speaks of, as roots, and its sign: -1 negative, 1 not, 0 where one can't tell."""

    roots: frozenset[str]
    sign: int
    shown: str


@lru_cache(maxsize=4096)
def clauses(text: str) -> tuple[Clause, ...]:
    """Return the clauses of a text."""
    plain = normalised(text)
    for pattern, instead in _SAID_OTHERWISE:
        plain = pattern.sub(instead, plain)
    return tuple(clause for part in _STRONG.split(plain) for clause in _of_sentence(part))


def _of_sentence(sentence: str) -> list[Clause]:
    """Cut a sentence at commas and conjunctions; what follows a negative part by `and` may share its sign."""
    found: list[Clause] = []
    said: list[str] = []
    carried, before = False, ","
    for word in [*_WORD.findall(sentence.lower()), ","]:
        contrast = word == "not" and said and before not in _AUXILIARY
        if word in (",", "and", "or") or word in _SUBORDINATE or contrast:
            if clause := _clause(said, carried):
                found.append(clause)
                carried = clause.sign < 1 and word in (",", "and", "or")
            said = ["not"] if contrast else []
        else:
            said.append(word)
        before = word
    return found


def _clause(said: list[str], carried: bool) -> Clause | None:
    plain = [_bared(word) for word in said]
    negative = not _NEGATIVE.isdisjoint(said) or plain != said
    roots = frozenset(
        root(word) for word in plain if word not in FUNCTION and word not in _NEGATIVE and len(word) > 1
    )
    if not roots and not negative:
        return None
    return Clause(roots, -1 if negative else 0 if carried else 1, " ".join(said))


@lru_cache(maxsize=65536)
def _bared(word: str) -> str:
    """Return what an `unsupported` or a `non-` word denies, else the word."""
    rest = word.removeprefix("un")
    return rest if len(word) > len(rest) > 3 and is_ordinary(rest) and not is_ordinary(word) else word


def turned(text: str, firm: Iterable[str], rest: Iterable[str] = ()) -> str:
    """Return the clause of a text whose sign its sources don't share, or "".

    `firm` counts where it speaks of the same things at all; `rest` is what was said before it.
    """
    sure = [clause for each in firm for clause in clauses(each)]
    other = [clause for each in rest for clause in clauses(each)]
    for clause in clauses(text):
        if clause.sign and not _shared(clause, sure, other):
            return clause.shown
    return ""


def _shared(clause: Clause, sure: list[Clause], other: list[Clause]) -> bool:
    near = sure if any(clause.roots & each.roots for each in sure) else other
    best = max((len(clause.roots & each.roots) for each in near), default=0)
    if not best:
        return clause.sign > 0 or any(each.sign < 0 for each in (*sure, *other))
    enough = max(1, (best + 1) // 2)
    return any(each.sign in (0, clause.sign) and len(clause.roots & each.roots) >= enough for each in near)


def reversed_word(text: str, sources: Iterable[str]) -> str:
    """Return a word of the text whose opposite, and not itself, its sources say; or ""."""
    held = set(re.findall(r"[^\W_]+", " ".join(sources).lower()))
    words = re.findall(r"[^\W_]+", text.lower())
    return next((w for w in words if w in _OPPOSITE and w not in held and _OPPOSITE[w] in held), "")
