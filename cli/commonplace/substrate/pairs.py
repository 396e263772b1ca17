"""Pairs: a correction with the part of the assistant's text that it corrects."""

import re
from collections.abc import Iterable
from math import fsum

from commonplace.substrate import detection, own_words
from commonplace.substrate.turns import Turn
from commonplace.text import one_line

PREMISE = 300
"""The longest premise of a pair, in characters."""

CORRECTION = 500
"""The longest correction of a pair in its short form, in characters."""

HEADING = 5
"""What has fewer words is a heading, and says something only with the span that follows."""

_SPAN = re.compile(r"(?:[^.!?\n]|[.!?](?![\s*\"'`)]|$))+[.!?]*")
_DRESS = re.compile(r"^[\s>#|*•·-]+|\*\*|__|^\s*\d+[.)]\s")
_MADE = re.compile(
    r"\b(?:done|fixed|added|removed|updated|created|changed|implemented|renamed|moved|replaced|deleted|committed|pushed|"
    r"works|pass(?:es|ed)?|complete[d]?|will|should|now|is|are|was)\b",
    re.IGNORECASE,
)


class Pair:
    """A correction and its premise. id: the turn's.

    score: how surely it is one, 0..1 · premise: the part of the assistant's text that it is about ·
    correction: the person's own words in short; the whole text is the turn's.
    """

    __slots__ = ("correction", "premise", "score", "turn")

    def __init__(self, turn: Turn, score: float) -> None:
        self.turn = turn
        self.score = score
        self.correction = short(turn.text)
        self.premise = trimmed(turn.premise, self.correction)

    @property
    def id(self) -> str:
        """The id of its turn."""
        return self.turn.id


def of(turns: Iterable[Turn], markers: tuple[str, ...] = ()) -> list[Pair]:
    """Return the pairs among turns, in their order. Turns of one session must come in theirs."""
    threshold = detection.model().threshold
    found = []
    for turn in answered(turns):
        score = detection.score(turn, markers)
        if score >= threshold:
            found.append(Pair(turn, score))
    return found


def answered(turns: Iterable[Turn]) -> Iterable[Turn]:
    """Yield the turns, each with what it answers.

    Who stops the assistant before it says a word and types again answers what stood there before.
    """
    before: dict[tuple[str, str], str] = {}
    for turn in turns:
        log = (turn.session, turn.agent)
        if not turn.premise and before.get(log):
            values = {name: getattr(turn, name) for name in Turn.__slots__}
            turn = Turn(**{**values, "premise": before[log]})  # noqa: PLW2901
        before[log] = turn.premise
        yield turn


def short(text: str) -> str:
    """Return a person's own words on one line; of a turn that is all pasted, its first alarm."""
    own, pasted = own_words.parted(text)
    if own.strip():
        return one_line(own, CORRECTION)
    lines = [line for line in pasted.splitlines() if own_words.alarms(line)] or pasted.splitlines() or [""]
    return one_line(lines[0], CORRECTION)


def trimmed(premise: str, correction: str) -> str:
    """Return the sentence or bullet of a premise that a correction is about, on one line.

    It is the one that shares most with the correction, a term counting the more the rarer it is in the
    premise; where none shares anything, the last that claims something, else the last.
    """
    spans = [
        span for line in premise.splitlines() for span in _SPAN.findall(line) if any(map(str.isalpha, span))
    ]
    if not spans:
        return one_line(premise, PREMISE)
    about = own_words.terms(correction)
    found = [own_words.terms(span) & about for span in spans]
    often: dict[str, int] = {}
    for shared in found:
        for term in shared:
            often[term] = often.get(term, 0) + 1
    # Exact sums: in a set's own order they differ in the last digit from run to run, and so would the answer.
    weights = [fsum(1 / often[term] for term in shared) for shared in found]
    top = max(weights)
    if top:
        best = max(index for index, weight in enumerate(weights) if weight >= top)
    else:
        claims = [index for index, span in enumerate(spans) if _MADE.search(span)]
        best = claims[-1] if claims else len(spans) - 1
    text = _DRESS.sub("", spans[best])
    if best + 1 < len(spans) and (text.rstrip().endswith(":") or len(text.split()) < HEADING):
        text += " " + _DRESS.sub("", spans[best + 1])
    return one_line(text, PREMISE)
