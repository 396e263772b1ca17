"""The ledger: the body of each commit that changes memory, one line an operation, ids whole.

    add ^2m7r4xbeyz user/deploy <- 01M7WM9C8R9V3T5N2M7R4XBEYZ
    supersede ^p0q1r2s3t4 by ^2m7r4xbeyz user/deploy <- 01M7WM9C8R9V3T5N2M7R4XBEYZ
    drop 01M7WM9F0A… duplicate-of ^2m7r4xbeyz

The sources of a fact are the union of the lines that brought it about or found it again. Messages are
made by code from counts, ids and names. Words of an entry stand in a proposal's message alone, below the
ledger, each line marked as quoted, so that none can forge a trailer or a line of the ledger, or call a
person. A page that a person made may have any name: in the ledger it is percent-encoded.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from commonplace.text import one_line

ARROW = "<-"


@dataclass(frozen=True)
class Op:
    """One operation. verb: what was done · words: the ids and names after it · sources: entries' ids."""

    verb: str
    words: tuple[str, ...]
    sources: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [self.verb, *map(_encoded, self.words)]
        if self.sources:
            parts += [ARROW, ",".join(map(_encoded, self.sources))]
        return " ".join(parts)

    @property
    def fact(self) -> str:
        """Return the fact that the operation brought about or added to, without `^`, or ""."""
        ids = [word[1:] for word in self.words if word.startswith("^")]
        return ids[-1] if ids else ""

    @property
    def entries(self) -> tuple[str, ...]:
        """Return the ids of the entries that the operation accounts for."""
        forgotten = self.verb == "forget" and not self.words[0].startswith("^")
        return (self.words[0],) if self.verb == "drop" or forgotten else self.sources


VERBS = frozenset(
    ("add", "update", "supersede", "retire", "drop", "propose", "lesson", "evict", "remove", "restore",
     "requeue", "withdraw", "kept", "removed", "stays", "accept", "reject", "forget")
)  # fmt: skip


QUOTE = "    | "
"""Before each line of a message that quotes an entry or a command's output."""

_MENTION = re.compile(r"([#@]+)(?=\S)")
_REFERENCE = re.compile(r"\bGH-(?=\d)|(?<!\S)[!&%~](?=\w)|:(?=//)|\*(?=\*)|(?<=-by)(?=:)", re.IGNORECASE)
_CLOSES = re.compile(r"\b((?:clos|fix|resolv|implement|complet)\w*):?\s+(?=[a-z]+-\d)", re.IGNORECASE)
_MARK = re.compile(r"\[(?=[^\[\]]{1,20}\])")


def message(
    subject: str, ops: Iterable[Op], trailers: Iterable[tuple[str, str]], said: Iterable[str] = ()
) -> str:
    """Return a commit message: subject, ledger, what is `said` below it, trailers (those with a value)."""
    blocks = [subject, "\n".join(str(op) for op in ops), "\n".join(said)]
    blocks.append("\n".join(f"{key}: {defanged(value, 0)}" for key, value in trailers if value))
    return "\n\n".join(block for block in blocks if block) + "\n"


def defanged(text: str, limit: int = 300) -> str:
    """Return foreign words on one line, cut to `limit` characters, on which no forge and no CI acts.

    They read as before but for a space: behind `#`, `@` and other signs of a reference, behind the bracket
    of a mark such as `[skip ci]`, before the colon of a `Reviewed-by:`, and around one between `Fixes` and
    the key of a ticket.
    """
    line = _MENTION.sub(r"\1 ", one_line(text, limit))
    line = _REFERENCE.sub(r"\g<0> ", line)
    return _MARK.sub("[ ", _CLOSES.sub(r"\1 : ", line))


def quoted(text: str) -> str:
    """Return a person's words for a message, on one line, unable to close an issue or call anybody."""
    return f'"{defanged(text)}"'


def cited(text: str, limit: int = 300) -> str:
    """Return a line that quotes an entry or a command in a message: no trailer, no line of the ledger."""
    return QUOTE + defanged(text, limit)


def _encoded(word: str) -> str:
    """Return one word of the ledger: what is no letter, no digit and none of `^/._:+-` is percent-encoded."""
    if word.isalnum():
        return word
    return "".join(
        sign if sign.isalnum() or sign in "^/._:+-"
        else "".join(f"%{byte:02X}" for byte in sign.encode("utf-8", "surrogateescape"))
        for sign in word
    )  # fmt: skip


def _decoded(word: str) -> str:
    if "%" not in word:
        return word
    from urllib.parse import unquote  # for the few pages with a name of a person's own

    return unquote(word, errors="surrogateescape")


def parse(body: str) -> Iterator[Op]:
    """Read the operations back from a commit's message; other lines are passed over."""
    for line in body.split("\n"):
        left, _, right = line.partition(f" {ARROW} ")
        verb, *words = left.split(" ")
        if verb in VERBS and words:
            sources = tuple(map(_decoded, right.split(","))) if right else ()
            yield Op(verb, tuple(map(_decoded, words)), sources)


def trailers(body: str) -> dict[str, list[str]]:
    """Return the trailers of a message: key → values, from its last block alone."""
    found: dict[str, list[str]] = {}
    for line in body.strip().rpartition("\n\n")[2].split("\n"):
        key, colon, value = line.partition(": ")
        if colon and key.replace("-", "").isalpha():
            found.setdefault(key, []).append(value.strip())
    return found
