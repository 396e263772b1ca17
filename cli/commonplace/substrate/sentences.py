"""What a person said, sentence by sentence: which ask, which order, which state, and the cues in each."""

import re

from commonplace.substrate import cues, own_words

MOST = 16
"""How many sentences are looked at: a decision stands at the start."""

EARLY = 8
"""Within how many words a finite verb makes a statement."""

ECHO = 4
"""How many words an echo of the premise has at the most."""

CONDITION = 6
"""How many words a condition takes up where no comma ends it."""

_SENTENCE = re.compile(r"[^.?!\n;]+(?:[.?!;](?=\S)[^.?!\n;]*)*|[.?!;\n]+")
_WORD = re.compile("[^\\W_]+(?:'[^\\W_]+)?|,|\u2014|\u2013")
_NO_STATEMENT = frozenset(("order", "yes", "propose"))
_PAUSES = frozenset((",", "\u2014", "\u2013"))
_SPLITS = _PAUSES | {"but", "and", "because"}
_JOINTS = _SPLITS | {"so", "or", "then"}
_ENDS = _PAUSES | {"then"}


class Sentence:
    """One sentence. words: in lower case, pauses among them · asks: whether it is a question · cues: (index
    of the word, kinds) of each cue · kinds: all of theirs · first: the index of the first word that is no
    filler · lead: the kinds of the cues up to it.
    """

    __slots__ = ("asks", "cues", "first", "kinds", "lead", "words")

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.cues = _cues(words)
        self.first = _first(words)
        self.kinds = frozenset().union(*(kinds for _, kinds in self.cues))
        self.lead = frozenset().union(*(kinds for index, kinds in self.cues if index <= self.first))
        self.asks = "ask" in self.lead

    def has(self, kind: str) -> bool:
        """Tell whether a cue of the kind stands anywhere in it."""
        return kind in self.kinds

    def opens(self, kind: str) -> bool:
        """Tell whether it begins with a cue of the kind, after fillers or as one."""
        return kind in self.lead

    def starts(self, kind: str) -> bool:
        """Tell whether any of its clauses begins with a cue of the kind."""
        return kind in self.lead or any(
            kind in kinds and self.words[index - 1] in _JOINTS for index, kinds in self.cues if index
        )

    def clauses(self) -> list[tuple[int, int]]:
        """Return where its clauses begin and end."""
        ends = [index for index, word in enumerate(self.words) if word in _SPLITS]
        return list(zip([0, *ends], [*ends, len(self.words)], strict=True))

    def states(self) -> bool:
        """Tell whether it says how something is: a subject first, or a finite verb early, and no question."""
        if self.asks or not self.lead.isdisjoint(_NO_STATEMENT):
            return False
        return self.opens("subject") or not cues.words("finite").isdisjoint(self.words[1:EARLY])

    def blames(self) -> bool:
        """Tell whether it says what the assistant did: "you" and a verb of the past."""
        did = cues.words("did")
        return not self.asks and any(
            word == "you" and (then.endswith("ed") or then in did)
            for word, then in zip(self.words, self.words[1:], strict=False)
        )

    def doubts(self, premise: str) -> bool:
        """Tell whether it is a question that doubts: by its words, its tag, or as an echo of the premise."""
        if not self.asks:
            return False
        tagged = len(self.words) > 2 and self.words[-1] in cues.words("tag")
        return tagged or self.has("doubt") or self.starts("query") or self._echoes(premise)

    def _echoes(self, premise: str) -> bool:
        """Tell whether it gives a few of the premise's own terms back: "from anywhere?"."""
        short = len(self.words) <= ECHO and not self.opens("ask")
        return short and any(len(word) > 3 and word[: own_words.STEM] in premise for word in self.words)

    def only_a_sound(self) -> bool:
        """Tell whether its hesitation is but a sound before an order or a yes: "hmm, push it"."""
        near = [kinds for index, kinds in self.cues if self.first < index <= self.first + 2]
        return bool(near) and ("order" in near[0] or "yes" in near[0])


def sentences(text: str) -> list[Sentence]:
    """Return the first sentences of what a person said, code and quotes made neutral."""
    found: list[Sentence] = []
    for piece in _SENTENCE.findall(own_words.unquoted(text).lower().replace("\u2019", "'")):
        words = _WORD.findall(piece)
        if words and len(found) == MOST:
            break
        if words:
            found.append(Sentence(words))
        elif "?" in piece and found:
            found[-1].asks = True
    return found


def _cues(words: list[str]) -> list[tuple[int, frozenset[str]]]:
    """Return (index, kinds) of each phrase; at one place the longest wins, and swallows its words."""
    heads, conditions = cues.heads(), cues.words("condition")
    found: list[tuple[int, frozenset[str]]] = []
    skip = 0
    for index, word in enumerate(words):
        if index < skip:
            continue
        if word in conditions:
            # What holds only under a condition is not said to be so.
            ends = range(index, min(len(words), index + CONDITION))
            skip = next((end for end in ends if words[end] in _ENDS), index + CONDITION)
            continue
        for phrase, kinds in heads.get(word, ()):
            size = len(phrase)
            if size == 1 or tuple(words[index : index + size]) == phrase:
                found.append((index, kinds))
                skip = index + size
                break
    return found


def _first(words: list[str]) -> int:
    fillers = cues.words("filler")
    index = 0
    while index < len(words) - 1 and (words[index] in fillers or words[index] in _PAUSES):
        index += 1
    if words[index : index + 2] == ["i", "think"] and len(words) > index + 2:
        index += 2
    return index
