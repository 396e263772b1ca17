"""Words: when two facts say the same, and which words a fact shares with a topic.

The same means the same words in the same order after normalising case, spacing, end punctuation,
articles and contracted negations. Numbers, identifiers, paths, versions and quoted text must be equal
to the letter, negations always count. In doubt two facts are kept: port 8080 is not 8081.
"""

import re
import unicodedata

_QUOTED = re.compile(r"`[^`\n]+`|\"[^\"\n]+\"|“[^”\n]+”|«[^»\n]+»|(?<!\w)'[^'\n]+'(?!\w)")
_WORD = re.compile(r"[^\W_]+(?:[._/-][^\W_]+)*")
_BETWEEN = re.compile(r"[._/-]")
_ARTICLES = frozenset(("a", "an", "the"))
_CONTRACTED = {
    "can't": "can not", "cannot": "can not", "won't": "will not", "shan't": "shall not",
    "dont": "do not", "doesnt": "does not", "isnt": "is not", "ain't": "is not",
}  # fmt: skip
_OPENING = "("
_CLOSING = ".,;:!…—–)"  # noqa: RUF001
_UNIT = 3
"""The longest unit of a quantity, in letters: 5 GB is not 5 Gb."""

_YES_OR_NO = frozenset(("no", "not", "never", "yes"))

STOP = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "also",
        "always",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "done",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "let",
        "like",
        "make",
        "may",
        "me",
        "more",
        "most",
        "must",
        "my",
        "need",
        "never",
        "no",
        "nor",
        "not",
        "now",
        "of",
        "off",
        "on",
        "once",
        "one",
        "only",
        "onto",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "per",
        "put",
        "same",
        "see",
        "set",
        "she",
        "should",
        "so",
        "some",
        "such",
        "take",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "to",
        "too",
        "under",
        "up",
        "us",
        "use",
        "used",
        "uses",
        "using",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "why",
        "will",
        "with",
        "within",
        "without",
        "would",
        "you",
        "your",
    ]
)
"""Words that say nothing about a topic."""


def normal(text: str) -> str:
    """Return the form in which two texts that say the same are equal."""
    text = _composed(text).replace("’", "'")  # noqa: RUF001
    shouted = text.isupper()
    out: list[str] = []
    position = 0
    for quoted in _QUOTED.finditer(text):
        out += _plain(text[position : quoted.start()], shouted=shouted)
        out.append(quoted[0])
        position = quoted.end()
    out += _plain(text[position:], shouted=shouted)
    while out and out[-1] == ".":
        out.pop()
    return " ".join(out)


def _composed(text: str) -> str:
    """Return the text with each letter in one form; digits keep theirs: 10⁵ is not 105."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFC", text)
    return "".join(unicodedata.normalize("NFKC", letter) if letter.isalpha() else letter for letter in text)


def _plain(text: str, *, shouted: bool) -> list[str]:
    words: list[str] = []
    for raw in text.split():
        word = raw.lstrip(_OPENING).rstrip(_CLOSING)
        if not word:
            # An operator or a dash stands for itself: `a < b` is not `a b`.
            words.append(raw if raw.strip(_CLOSING) else ".")
            continue
        if _is_article(word, first=not words):
            continue
        unit = len(word) <= _UNIT and words and any(c.isdigit() for c in words[-1])
        name = not shouted and len(word) > 1 and word.isupper() and word.lower() not in STOP  # PATH, HEAD
        exact = unit or name or _exact(word)
        words += [word] if exact else _negation(word.lower()).split()
        after = raw.lstrip(_OPENING)[len(word) :]
        # "No. Deploy" is not "no deploy"; a comma elsewhere changes nothing.
        if after.strip(",)") or ("," in after and words[-1] in _YES_OR_NO):
            words.append(".")
    return words


def _is_article(word: str, *, first: bool) -> bool:
    """Tell whether the word is an article; "Option A" is not one."""
    return word.lower() in _ARTICLES and (first or word.islower())


def _negation(word: str) -> str:
    if word in _CONTRACTED:
        return _CONTRACTED[word]
    return word[:-3] + " not" if word.endswith("n't") else word


def _exact(word: str) -> bool:
    """Tell whether a word must be equal to the letter: it is not made of letters in plain writing."""
    bare = word.replace("'", "").replace("-", "")
    if not bare.isalpha():
        return True
    return not (bare.islower() or bare.isupper() or bare[1:].islower()) or word.startswith("-")


def significant(text: str) -> set[str]:
    """Return the words that tell what a text is about, in lower case, plural and endings cut."""
    found = set()
    for word in set(_WORD.findall(text.lower())):
        parts = (word,) if word.isalnum() else (word, *_BETWEEN.split(word))
        for part in parts:
            if len(part) > 1 and part not in STOP and not part.isdigit():
                found.add(_stem(part))
    return found


def _stem(word: str) -> str:
    if word[-1] not in "gds":  # most words: a drain asks this of every word of every page
        return word
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word[: -len(ending)]
    return word
