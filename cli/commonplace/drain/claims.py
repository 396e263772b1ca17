"""Claims: what in a text can be true or false of the world, and must therefore stand in its sources.

A model may say a thing in other words; it may not bring a number, a date, an amount, a name, a path, a URL,
an identifier or a quotation along. So these are taken out of a new text and looked for in the texts that it
cites. Both sides are normalised, so that an honest rewording passes: `1,000` is `1000`, `20min` is
`20 minutes`, `Nov 20, 2026` is `2026-11-20`. In doubt a claim is not held: then the built-in consolidator
files the entry as it was written, which costs elegance and nothing else.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from commonplace.drain.ordinary import FUNCTION, GIVEN, OTHERS, VERBS
from commonplace.drain.quantities import DATE, NUMBER, TIME_WORDS, Date, amounts, date, month, time_word

_TITLES = frozenset(("dr", "mr", "mrs", "ms", "prof", "sir", "dame", "st"))
_NO_CLAIM = frozenset(("ok", "fyi", "nb", "todo", "e.g", "i.e", "a.m", "p.m", "etc", "vs", "cf"))
_SHOUTED_NAMES = frozenset(("us", "it", "who", "am"))
"""Function words which in capitals are names: `US` is not `us`."""

_NO_PATH = frozenset(
    (
        "and/or",
        "read/write",
        "input/output",
        "yes/no",
        "he/she",
        "his/her",
        "on/off",
        "true/false",
        "pass/fail",
        "client/server",
        "start/stop",
        "before/after",
        "request/response",
        "key/value",
    )
)
_TRAILING = ".,;:!?)]}'\"*"
_WORD = re.compile(r"[^\W_]+")
_OPENING = "\"'`“‘«([{*_#>"  # noqa: RUF001

_TOKEN = re.compile(
    rf"""
    (?P<fence>^[ \t]*(?:```|~~~)[^\n]*\n(?:(?![ \t]*(?:```|~~~)).*\n)*[ \t]*(?:```|~~~)[ \t]*$)
  | (?P<code>`[^`\n]+`)
  | (?P<quote>"[^"\n]+"|“[^”\n]+”|«[^»\n]+»|(?<!\w)['‘][^'’\n]+['’](?!\w))
  | (?P<url>\b[A-Za-z][A-Za-z0-9+.-]*://[^\s<>"`]+|\bwww\.[^\s<>"`]+)
  | (?P<mail>(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\w)@\w[\w/-]*)
  | (?P<date>{DATE})
  | (?P<flag>(?<![\w-])--?[^\W\d][\w-]*(?:=[^\s,;)]+)?)
  | (?P<path>(?<![\w.])[A-Za-z]:\\[^\s,;"]+
        |(?<![\w/])(?:~|\.\.?|\$\w+)?(?:/[\w.+@%*{{}}$-]+)+/?|(?<![\w.@+$-])[\w.@+$-]+(?:/[\w.+@%*{{}}$-]+)+/?
        |(?<![\w.-])[\w.-]+/(?!\w)|(?<![\w/])~?/(?!\w)|(?<![\w.])\.[^\W\d][\w.-]*)
  | (?P<ratio>(?<![\w.])\d+(?:[:/]\d+)+(?:\ ?[AaPp][Mm]\b)?)
  | (?P<version>(?<![\w.])(?:[vV]?\d+(?:\.\d+){{2,}}(?:[-+]\w[\w.]*)?|[vV]\d+(?:\.\d+)*)(?!\w))
  | (?P<number>{NUMBER})
  | (?P<word>(?<![\w-])(?:[^\W_]+-)+\d[\w.]*\b|\w+(?:(?:\.|::)[^\W_]\w*)*(?:['’][^\W\d]+)?(?:\(\))?)
    """,  # noqa: RUF001
    re.VERBOSE | re.MULTILINE,
)


@dataclass(frozen=True)
class Claim:
    """One claim of a text.

    kind: what it is, as a reader is told · shown: as it stands in the text · forms: its normal forms, any of
    which is enough · leads: whether it begins a sentence, which may be all the reason for its capital.
    """

    kind: str
    shown: str
    forms: tuple[str, ...]
    leads: bool = False


def normalised(text: str) -> str:
    """Return the text in one spelling of characters and spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_PLAIN)
    return text


_PLAIN = str.maketrans("’‘“”−‐‑–", "''\"\"----")  # noqa: RUF001


@lru_cache(maxsize=65536)
def root(word: str) -> str:
    """Return a word in lower case without its ending: rendering, rendered and renders are one."""
    for ending in ("ing", "ies", "ied", "ed", "es", "ly", "s", "e", "y"):
        least = 4 if ending == "ly" else 3
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] in "ey" else word


_ORDINARY = FUNCTION | VERBS | OTHERS
_ROOTS = frozenset(root(word) for word in VERBS | OTHERS)


def is_ordinary(word: str) -> bool:
    """Tell whether a word, in lower case, is one that notes begin with."""
    return word in _ORDINARY or root(word) in _ROOTS


def claims(text: str) -> Iterator[Claim]:
    """Yield the claims of a text, in its order but for the names, which come last."""
    text = normalised(text)
    names: list[re.Match[str]] = []
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup or ""
        if kind == "word" and _is_plain(token[0]):
            yield from _timed(token[0])
            names.append(token)
        else:
            yield from _claim(kind, token[0])
    yield from _names(text, names)


def _claim(kind: str, shown: str) -> Iterator[Claim]:
    if kind == "fence":
        lines = [line for line in shown.split("\n")[1:-1] if line.strip()]
        yield from (Claim("command", line.strip(), (_literal(line),)) for line in lines)
    elif kind == "code":
        yield Claim("identifier", shown, (_literal(shown.strip("`")),))
    elif kind == "quote":
        yield Claim("quoted phrase", shown, (_sequence(shown),))
    elif kind == "date":
        yield Claim("date", shown, (shown,))
    elif kind == "number":
        kind = "number" if shown.isdigit() else "amount"
        yield from (Claim(kind, shown, forms) for forms in amounts(shown))
    elif kind == "version":
        bare = shown.lstrip("vV").lower()
        yield Claim("version", shown, (bare, "v" + bare))
    elif kind == "word":
        yield from _identifier(shown)
    else:
        yield from _pointer(kind, shown)


def _pointer(kind: str, shown: str) -> Iterator[Claim]:
    """Yield the claim of a URL, an e-mail address, a path, a flag or a ratio."""
    shown = shown.rstrip(_TRAILING)
    if shown.lower() in _NO_PATH:
        return
    if kind in ("url", "mail"):
        yield Claim("URL" if kind == "url" else "address", shown, (shown.rstrip("/").lower(),))
    elif shown.strip("./-"):
        yield Claim("number" if kind == "ratio" else kind, shown, (shown,))
    elif shown.strip("-."):
        yield Claim("path", shown, (shown,))


def _identifier(shown: str) -> Iterator[Claim]:
    bare = shown.removesuffix("()").strip("_")
    if bare.lower().rstrip(".") in _NO_CLAIM or not bare:
        return
    if shown.isdigit() or "_" in bare or "::" in bare or shown.endswith("()"):
        yield Claim("identifier", shown, (bare,))
    else:
        bare = bare.removesuffix("'s").lower()
        yield Claim("identifier", shown, (bare,))


def _is_plain(word: str) -> bool:
    """Tell whether a token is a word of plain writing: letters, one capital at most, or an acronym."""
    bare = word.partition("'")[0]
    return bare.isalpha() and (bare[1:].islower() or bare.islower() or len(bare) == 1 or _shouts(bare))


def _shouts(word: str) -> bool:
    return word.isupper() or (len(word) > 2 and word[-1] == "s" and word[:-1].isupper())


def _timed(word: str) -> Iterator[Claim]:
    """Yield the claim of a word that sets a time: `weekly`, `Fridays`, `tomorrow`."""
    form = time_word(word.partition("'")[0])
    if form:
        yield Claim("time", word, (form,))


def _names(text: str, words: list[re.Match[str]]) -> Iterator[Claim]:
    """Yield the capitalised words and sequences of them; an acronym stands for itself."""
    run: list[str] = []
    leads, end = False, -1
    for word in words:
        bare = word[0].partition("'")[0]
        capital = bare[0].isupper() and time_word(bare) is None and not word[0].lower().endswith("n't")
        gap = text[end : word.start()] if run else ""
        joined = gap in (" ", "-") or (gap == ". " and run[-1].lower() in _TITLES)
        if run and not (capital and joined and not _shouts(bare)):
            yield _name(run, leads)
            run = []
        if not capital:
            continue
        start = _at_start(text, word.start())
        if len(bare) > 1 and _shouts(bare):
            yield from _acronym(bare)
        elif bare != "I" and not (bare == "A" and start):
            if not run:
                leads = start
            run.append(bare)
            end = word.start() + len(bare)
    if run:
        yield _name(run, leads)


def _name(run: list[str], leads: bool) -> Claim:
    shown = " ".join(run)
    return Claim("name", shown, (shown if len(shown) == 1 else shown.lower(),), leads)


def _acronym(word: str) -> Iterator[Claim]:
    low = word.lower()
    if low in _NO_CLAIM or (low in FUNCTION and low not in _SHOUTED_NAMES):
        return
    singular = word[:-1] if word[-1] == "s" else word
    forms = (word,) if low in _SHOUTED_NAMES else (low, singular.lower(), singular.lower() + "s")
    yield Claim("name", word, forms)


def _at_start(text: str, position: int) -> bool:
    """Tell whether a sentence may begin here: the capital may then be the sentence's own."""
    before = text[max(0, position - 12) : position]
    bare = before.rstrip(_OPENING + " \t\n")
    gap = before[len(bare) :]
    return not bare or "\n" in gap or bare[-1] in ".!?:;—→|" or bare[-2:] in (" -", "\n-", "-")


def _literal(text: str) -> str:
    return " ".join(text.split()).removesuffix("()")


def _sequence(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


class Ground:
    """The texts that a claim may stand in: an operation's sources, and what it replaces."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = [normalised(text) for text in texts if text]
        self.exact = " \n ".join(" ".join(text.split()) for text in self.texts)
        self.folded = self.exact.lower()

    @cached_property
    def _words(self) -> str:
        return " | ".join(f" {_sequence(text)} " for text in self.texts)

    @cached_property
    def _word_set(self) -> frozenset[str]:
        return frozenset(self._words.split())

    @cached_property
    def roots(self) -> frozenset[str]:
        """The roots of all words."""
        return frozenset(map(root, self._word_set))

    @cached_property
    def _proper(self) -> frozenset[str]:
        """Words that a capital makes names of: not those that only begin a sentence."""
        found = set()
        for text in self.texts:
            for word in _WORD.finditer(text):
                if word[0][0].isupper():
                    low = word[0].lower()
                    if not ((is_ordinary(low) or low in GIVEN) and _at_start(text, word.start())):
                        found.add(low)
        return frozenset(found)

    @cached_property
    def _dates(self) -> list[Date]:
        return [found for each in _DATES.finditer(self.exact) if (found := date(each[0]))]

    @cached_property
    def _amounts(self) -> frozenset[str]:
        bare = _DATES.sub(" ", self.exact)
        found = {form for each in _NUMBERS.finditer(bare) for forms in amounts(each[0]) for form in forms}
        for day in self._dates:
            found |= {str(day.year), f"{day.day} th"}
        return frozenset(found)

    @cached_property
    def _times(self) -> frozenset[str]:
        found = {form for word in self._word_set if (form := time_word(word, loose=True))}
        found |= {TIME_WORDS.get(amount.rpartition(" ")[2], "") for amount in self._amounts}
        found |= {month(day.month) for day in self._dates}
        return frozenset(found)

    def holds(self, claim: Claim) -> bool:
        """Tell whether the claim stands in these texts."""
        if claim.kind == "name":
            return self._holds_name(claim)
        if claim.kind == "date":
            return self._holds_date(claim.shown)
        if claim.kind == "time":
            return claim.forms[0] in self._times
        if claim.kind == "quoted phrase":
            return f" {claim.forms[0]} " in self._words if claim.forms[0] else claim.shown in self.exact
        if claim.kind in ("amount", "number") and not self._amounts.isdisjoint(claim.forms):
            return True
        exact = claim.kind in ("flag", "path", "command")
        return claim.kind != "amount" and any(self._holds_literal(form, exact) for form in claim.forms)

    def _holds_literal(self, form: str, exact: bool = False) -> bool:
        text = self.folded if not exact and _FOLDS.fullmatch(form) else self.exact
        at = text.find(form)
        while at >= 0:
            if _stands_alone(text, at, at + len(form)):
                return True
            at = text.find(form, at + 1)
        return False

    def _holds_date(self, shown: str) -> bool:
        claimed = date(shown)
        if claimed and any(held.covers(claimed) for held in self._dates):
            return True
        return claimed is None and self._holds_literal(shown)

    def _holds_name(self, claim: Claim) -> bool:
        if claim.shown != claim.shown.title() and _shouts(claim.shown):
            words = self._exact_words if claim.forms[0].isupper() else self._word_set
            return not words.isdisjoint(claim.forms)
        if len(claim.shown) == 1:
            return claim.forms[0] in self._exact_words
        words_of = claim.forms[0].split()
        if claim.leads and self._begins(words_of[0]):
            words_of = words_of[1:]
        while words_of and words_of[0] in _TITLES and words_of[0] in self._word_set:
            words_of = words_of[1:]
        if f" {' '.join(words_of)} " in self._words and all(map(self._names, words_of)):
            return True
        # `Lambda Function` may be put together from words in lower case; two people's names may not.
        return all(map(self._names, words_of)) and len(self._proper.intersection(words_of)) < 2

    def _begins(self, word: str) -> bool:
        """Tell whether a word may owe its capital to the sentence alone."""
        return is_ordinary(word) or (root(word) in self.roots and word not in self._proper)

    @cached_property
    def _exact_words(self) -> frozenset[str]:
        return frozenset(_WORD.findall(self.exact))

    def _names(self, word: str) -> bool:
        for form in (word, word.removesuffix("s"), word + "s"):
            if form in self._proper:
                return True
            if form in self._word_set and form not in GIVEN:
                return True
        return False


_DATES = re.compile(DATE, re.VERBOSE)
_NUMBERS = re.compile(NUMBER, re.VERBOSE)
_FOLDS = re.compile(r"[a-z0-9.+@:/?&=#%-]+")
"""Literal forms in lower case that stand for any case: the other ones are equal to the letter."""


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Tell whether text[start:end] is no part of a longer name, path, number or flag."""
    before = text[start - 1] if start else " "
    after = text[end : end + 2] + "  "
    if _is_word(after[0]) or (after[0] in "-./@\\" and _is_word(after[1])):
        return False
    if before == "/":
        return "/" not in text[start:end]
    if before in "-.@~\\$":
        return start > 1 and text[start - 2] == " " and before not in "-.@~$"
    return not (_is_word(before) and (_is_word(text[start]) or text[start] in "-./~@"))


def _is_word(letter: str) -> bool:
    return letter.isalnum() or letter == "_"


def missing(text: str, ground: Ground) -> Claim | None:
    """Return the first claim of a text that its ground does not hold, or None."""
    return next((claim for claim in claims(text) if not ground.holds(claim)), None)
