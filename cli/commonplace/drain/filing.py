"""Filing: under which topic an entry goes that names none.

It goes where its words already are: rare words weigh more than common ones, words of a topic's name
most. One chance word is not enough; what shares nothing goes under `general`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import log

from commonplace.memory.topics import UNFILED, Topic
from commonplace.memory.words import significant

ENOUGH = 2
"""Shared words that make a topic fit, unless one of them stands in its name."""

_NAME_WEIGHT = 2.0


class Shelf:
    """The topics of one scope by their words, for finding the one that fits in one look."""

    def __init__(self, topics: Mapping[str, set[str]]) -> None:
        # Of `skills/cad-rendering` the folder is no word: every self-eval about a skill would fit.
        self._names = {name: significant(name.rpartition("/")[2].replace("-", " ")) for name in topics}
        self._by_word: dict[str, list[str]] = defaultdict(list)
        for name in sorted(topics):
            for word in topics[name] | self._names[name]:
                self._by_word[word].append(name)
        self._total = len(topics)

    def find(self, text: str) -> str:
        """Return the name of the topic that shares most with the text, or `general`."""
        scores: dict[str, float] = defaultdict(float)
        shared: dict[str, int] = defaultdict(int)
        for word in sorted(significant(text)):
            names = self._by_word.get(word, [])
            weight = log(1 + self._total / len(names)) if names else 0.0
            for name in names:
                in_name = word in self._names[name]
                scores[name] += weight * (_NAME_WEIGHT if in_name else 1.0)
                shared[name] += ENOUGH if in_name else 1
        fitting = [name for name in scores if shared[name] >= ENOUGH]
        return max(fitting, key=lambda name: (scores[name], name), default=UNFILED)


def shelves(texts: Iterable[tuple[Topic, str]], said: Iterable[str]) -> dict[str, Shelf]:
    """Return scope → shelf from the topics and the texts that stand, or will stand, under them.

    said: what is to be filed; no other words are kept.
    """
    wanted = set().union(*map(significant, said))
    words: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for topic, text in texts:
        if topic.name != UNFILED:
            words[topic.scope][topic.name] |= significant(text) & wanted
    return {scope: Shelf(topics) for scope, topics in words.items()}
