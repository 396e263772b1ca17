"""What a correction is told by: a few features of meaning of a turn and of the text that it answers.

A word counts by where it stands: in the leading clause, in an assertion or in a question, beside the
premise's own terms. Code, logs and quotes are set aside first. Every feature lies in 0..1.
"""

import math
import re

from commonplace.substrate import cues, own_words
from commonplace.substrate.sentences import Sentence, sentences
from commonplace.substrate.turns import Turn

FEATURES = {
    "denies": "the leading clause rejects: no, wrong, stop, that's not",
    "hesitates": "the leading clause holds back: but, hmm, wait, actually, I'm confused",
    "agrees": "the leading clause agrees: yes, great, go ahead, thanks",
    "agrees_but": "it agrees and then turns: yeah but",
    "fails": "an assertion says that something does not work, is missing or is wrong",
    "fails_after_claim": "the same, and the premise had claimed success",
    "pasted_failure": "what was pasted reports a failure",
    "pasted_alone": "nothing but pasted text",
    "negates_premise": "a clause negates or contrasts with terms of the premise",
    "overlap": "share of the assertions' terms that stand in the premise",
    "restates": "an assertion says how terms of the premise ought to be: should, must, supposed to",
    "contrasts": "one thing for another: instead, rather, only, not X but Y",
    "clarifies": "the person says again what they meant, or what the assistant did: I mean, you removed",
    "takes_back": "asks to revert, restore, rename or remove something",
    "repairs": "the leading clause is an order to fix or check again, and the premise had claimed success",
    "doubts": "a question that doubts: are you sure, why did you, shouldn't it, from anywhere?",
    "worries": "an assertion of doubt: I wonder, not sure, worried, seems odd",
    "states": "the leading sentence states how something is: it is, there is no, the tests",
    "asks": "nothing but plain questions",
    "orders": "the leading clause is an order to go on: commit, push, add, show",
    "defects": "a long description of code that finds fault with it, 1 at three faults",
    "insists": "an assertion of something once more: still, again, the same error",
    "premise_claims": "the premise claims success",
    "premise_asks": "the premise ends in a question to the person",
    "short": "three words or fewer",
    "length": "the logarithm of the number of words, 1 at 150 and above",
}
"""Feature → what it says."""

PREMISE = 2_000
"""How many characters of the premise's end are looked at."""

NEAR, FAR = 2, 0.5
"""In how many sentences at the start a cue weighs 1, and what it weighs after them."""

SOUND = 0.3
"""What a hesitation weighs that is only a sound."""

LEAD = 3
"""Before which word a marker of another language leads."""

_LONG = 15
"""How many words a description of code has at the least."""

_MARKED_FIRST = ("denies", "clarifies")
_MARKED = ("states", "contrasts", "negates_premise")
"""What a marker of another language stands for, in the leading clause and elsewhere: no other word of that
language is known, so it weighs as much as a whole English sentence would.
"""

_CODE = re.compile(
    r"\w\(\)|[a-z][A-Z]|\w_\w|\w/\w|\w\.(?:go|py|ts|tsx|js|rs|java|md|rb|c|cpp|cs|php|swift|kt)\b"
)
_LETTERS = re.compile(r"[a-z]+|[✅✓🎉]")


def features(turn: Turn, markers: tuple[str, ...] = ()) -> list[float]:
    """Return the values of FEATURES for a turn, in their order."""
    found = evidence(turn, markers)
    return [float(found.get(name, 0.0)) for name in FEATURES]


def evidence(turn: Turn, markers: tuple[str, ...] = ()) -> dict[str, float]:
    """Return features by name; one that is left out is 0."""
    own, pasted = own_words.parted(turn.text)
    said = sentences(own)
    premise = turn.premise[-PREMISE:].lower()
    claims = not cues.words("claim").isdisjoint(_LETTERS.findall(premise[:300] + " " + premise[-500:]))
    found: dict[str, float] = {
        "pasted_failure": own_words.alarms(pasted),
        "pasted_alone": bool(pasted) and not said,
        "premise_claims": claims,
        "premise_asks": "?" in premise[-200:],
    }
    if not said:
        return found
    words = sum(len(one.words) for one in said)
    found["short"] = words <= 3
    found["length"] = min(1.0, math.log1p(words) / 5.0)
    _see_lead(said, found)
    _see_sentences(said, premise, found)
    _see_premise(said, premise, found)
    found["fails_after_claim"] = claims * found.get("fails", 0.0)
    found["defects"] = _defects(own, said, words)
    for marker in markers:
        _see_marker(marker, own.lower(), found)
    return found


def _see_lead(said: list[Sentence], found: dict[str, float]) -> None:
    """Note what the leading clause says."""
    lead = said[0]
    found["denies"] = lead.opens("no")
    found["hesitates"] = lead.opens("hold") * (SOUND if lead.only_a_sound() else 1.0)
    found["agrees"] = lead.opens("yes")
    found["orders"] = lead.opens("order")
    found["repairs"] = found["premise_claims"] and lead.opens("repair")
    found["states"] = lead.states()
    if found["agrees"]:
        found["agrees_but"] = any(one.has("hold") or one.has("contrast") for one in said[:NEAR])


def _see_sentences(said: list[Sentence], premise: str, found: dict[str, float]) -> None:
    """Note what assertions and questions say, each by its own cues."""
    plain = 0
    for place, one in enumerate(said):
        doubts = one.doubts(premise)
        plain += one.asks and not doubts
        orders = one.opens("order")
        for name, holds in (
            ("doubts", doubts),
            ("fails", not orders and not one.opens("ask") and one.has("fail")),
            ("worries", not one.asks and one.has("worry")),
            ("insists", not one.asks and not orders and one.has("insist")),
            ("contrasts", one.has("contrast")),
            ("clarifies", one.has("again") or one.blames()),
            ("takes_back", one.has("undo")),
        ):
            if holds:
                found[name] = max(found.get(name, 0.0), 1.0 if place < NEAR else FAR)
    found["asks"] = plain == len(said)


def _see_premise(said: list[Sentence], premise: str, found: dict[str, float]) -> None:
    """Note what the person's words share with the premise, and whether a clause that shares negates."""
    common = cues.words("common")
    shared = total = 0
    for one in said:
        here = 0
        for start, end in one.clauses():
            mine = [word for word in one.words[start:end] if len(word) > 3 and word not in common]
            both = sum(word[: own_words.STEM] in premise for word in mine)
            here += both
            if (
                both
                and one.has("negative")
                and any("negative" in kinds for index, kinds in one.cues if start <= index < end)
            ):
                found["negates_premise"] = 1.0
            if not one.asks and not one.opens("order"):
                total += len(mine)
                shared += both
        if here and not one.asks and one.has("ought"):
            found["restates"] = 1.0
    found["overlap"] = shared / total if total else 0.0


def _defects(own: str, said: list[Sentence], words: int) -> float:
    """Return how much a long statement about code finds fault with it."""
    if words < _LONG or not _CODE.search(own):
        return 0.0
    faults = sum("defect" in kinds for one in said if not one.asks for _, kinds in one.cues)
    return min(1.0, faults / 3)


def _see_marker(marker: str, own: str, found: dict[str, float]) -> None:
    """Note a marker of another language, by whether it leads.

    It stands alone, or anywhere in a script that puts no space between words.
    """
    at = own.find(marker)
    if at < 0 or (marker[0] != marker[0].upper() and not re.search(rf"\b{re.escape(marker)}\b", own)):
        return
    lead = len(own[:at].split()) < LEAD and not any(sign in own[:at] for sign in ".!?;\n")
    found["asks"] = found["orders"] = found["short"] = 0.0
    for name in _MARKED_FIRST if lead else _MARKED:
        found[name] = 1.0
