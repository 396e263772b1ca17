"""What is remembered already: the fact that says the same as a text, seen from a scope."""

import os
from collections.abc import Iterator

from commonplace import files
from commonplace.memory.pages import Page
from commonplace.memory.topics import topic_of
from commonplace.memory.words import normal
from commonplace.place import Place
from commonplace.worktree import MAX_PAGE

_TELLING = 5
"""A word longer than this stands in every text that says the same; a shorter one may be contracted."""


def fact_that_says(place: Place, text: str, scope: str) -> str:
    """Return the `^id` of a fact in the same words, the user's or the scope's; "" if there is none."""
    wanted = normal(text)
    word = max(wanted.split(), key=len, default="")
    word = word if len(word) > _TELLING and word.isascii() else ""
    for page in _pages(place, dict.fromkeys(("user", scope))):
        if word.lower() not in page.lower():
            continue
        for fact in Page(page).facts.values():
            if word.lower() in fact.text.lower() and normal(fact.text) == wanted:
                return f"^{fact.id}"
    return ""


def _pages(place: Place, scopes: dict[str, None]) -> Iterator[str]:
    for scope in scopes:
        folder = os.path.join(place.root, "memory", *scope.replace(":", "/", 1).split("/"))
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            if topic_of(f"memory/{scope.replace(':', '/', 1)}/{name}"):
                data = files.read_regular(os.path.join(folder, name), MAX_PAGE) or b""
                yield data.decode("utf-8", "replace")
