"""Words that mean much the same in talk about software and about life, from `alike.txt`, a group a line."""

import os

from commonplace.recall.terms import stem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def groups() -> "Iterator[tuple[str, str]]":
    """Yield each term with the others of its groups, stemmed, joined by spaces."""
    path = os.path.join(os.path.dirname(__file__), "alike.txt")
    others: dict[str, dict[str, None]] = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            group = [stem(word) for word in line.partition("#")[0].split()]
            for term in group:
                others.setdefault(term, {}).update(dict.fromkeys(group))
    for term, all_of_them in others.items():
        yield term, " ".join(other for other in all_of_them if other != term)
