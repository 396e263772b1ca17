"""Prompts that are wholly pasted, by their looks: what a terminal showed, what a review tool reports.

They are no person's words, and nothing in their record says so. In doubt a text is the person's: people
quote a line and answer it, and they speak of themselves, to somebody, or of what should be.
"""

_PROMPTS = ("\u276f ", "$ ", "> ", "--- FAIL", "--- PASS", "=== RUN", "Traceback (most recent call last)")
_SPEAKING = frozenset((
    "i", "i'm", "im", "i've", "i'd", "me", "my", "mine", "we", "we're", "we've", "our", "us", "you", "your",
    "you're", "let's", "lets", "please", "pls", "ok", "okay", "yes", "yeah", "should", "must", "need",
    "needs", "want", "prefer", "always", "instead", "rather",
))  # fmt: skip
_ORDERS = frozenset((
    "add", "avoid", "call", "change", "check", "commit", "create", "delete", "do", "don't", "drop", "ensure",
    "extract", "find", "fix", "handle", "implement", "include", "keep", "look", "make", "merge", "move",
    "never", "no", "not", "only", "put", "read", "refactor", "remove", "rename", "replace", "return",
    "revert", "run", "set", "show", "split", "start", "stop", "test", "try", "update", "use", "wrap", "write",
))  # fmt: skip
"""How a sentence begins that tells somebody what to do."""

_ENGLISH = frozenset((
    "the", "a", "is", "are", "in", "to", "of", "and", "but", "this", "that", "with", "from", "when", "for",
    "only",
))  # fmt: skip
_REPORT = range(150, 4000)
"""How long a report of a review tool is, in characters."""


def is_pasted(text: str) -> bool:
    """Tell whether a text is wholly pasted."""
    return _is_terminal(text) or _is_report(text)


def _is_terminal(text: str) -> bool:
    """Tell whether a text begins as a terminal shows it, and nobody speaks in it."""
    if not text.startswith(_PROMPTS):
        return False
    lines = text.splitlines()[1:]
    if all(line[:1] in (" ", "\t", ">", "") for line in lines):
        return bool(lines)
    return not text.startswith("> ") and "?" not in text and not _SPEAKING.intersection(_spoken(text))


def _is_report(text: str) -> bool:
    """Tell whether a text speaks of code as a review tool does: at length, with names, to nobody."""
    if len(text) not in _REPORT or "?" in text or not text[0].isupper():
        return False
    spoken = _spoken(text)
    if _SPEAKING.intersection(spoken) or sum(word in _ENGLISH for word in spoken) < 5:
        return False
    sentences = [said for line in text.splitlines() for said in line.split(". ")]
    if any(_ORDERS.intersection(_spoken(said)[:1]) for said in sentences):
        return False
    return len({word for word in text.split() if _is_name(word.strip(".,;:()\"'`"))}) >= 2


def _spoken(text: str) -> list[str]:
    """Return a text's words in lower case."""
    return [word.strip('.,;:!?()"`') for word in text.lower().replace("\u2019", "'").split()]


def _is_name(word: str) -> bool:
    """Tell whether a word is code's: `camelCase`, `snake_case`, `file.go`, `call()`."""
    if "_" in word.strip("_") or word.endswith("()"):
        return True
    stem, dot, ending = word.rpartition(".")
    if dot and stem and ending.isalnum() and ending.islower() and len(ending) <= 5:
        return True
    return word.isalnum() and not word.isupper() and any(letter.isupper() for letter in word[1:])
