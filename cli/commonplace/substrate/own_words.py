"""What a person said themselves: their words, without the code, logs and quotes they pasted.

Standard library only, and lean: the hook before a compaction reads a few dozen turns with it.
"""

import re

from commonplace.substrate import cues

LOOKED_AT = 4_000
"""How many characters of a turn are looked at; a person who writes more has pasted it."""

_A_RUN = 3
"""From so many pasted lines on a log or a trace was pasted, not a line quoted."""

_FENCE = ("```", "~~~")
_PASTED = re.compile(
    r"""\s*(?:
        [>|\u276f⏺⎿│┃╭╰✓✔✗✘●⚠$%\#]\s                              # a prompt, a quote, a drawing, a result
      | [{}<\[\]()]+(?=["'\w/:-]*["'=:>\]}]) | ["}\])]+[,;]?\s*$    # JSON, a tag, a bracket that closes
      | at\s\S+(?:\s\(.*|:\d+\S*|)$ | File\s" | Traceback\s | Caused\sby: | goroutine\s\d
      | ---\s(?:FAIL|PASS|a/) | \+\+\+\s | @@\s
      | (?:\x1b\[)?\[?\d{4}-\d\d-\d\d[T\s]\d | \[?\d\d:\d\d:\d\d       # a time
      | \[?(?:ERROR|INFO|WARN(?:ING)?|DEBUG|TRACE|FATAL|FAIL|PASS|error|warning)\b\]?[:\s(\[]
      | [\w.]{0,80}(?:Error|Exception):\s
      | (?:panic|fatal|npm\serr!|exit\sstatus|Process\sexited)\b
      | [\w./@-]+\.\w+:\d+(?::\d+)?[:\s]\s*(?!$)                  # a place in a file
      | (?:[\w-]+@[\w-]+\s)?[\w~/-]*\s?[%$\u276f➜]\s\S             # a shell's prompt
    )""",
    re.VERBOSE,
)
_MARKS = ".,;:!?()'\"`*"
_ALARM = re.compile(
    r"error\b|exception\b|\b(?:fail(?:ed|ures?|s|ing)?|traceback|panic|fatal|undefined|not found|denied|"
    r"warnings?|refused|cannot|unable|exit (?:code|status) [1-9])\b",
    re.IGNORECASE,
)
_QUOTE = re.compile(r"`[^`\n]*`|\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|https?://\S+")


def parted(text: str) -> tuple[str, str]:
    """Return a turn's text in two: the person's own lines, and the lines they pasted."""
    text = text[:LOOKED_AT]
    if "\n" not in text:
        return ("", text) if _is_pasted(text) else (text, "")
    lines = [line for line in text.split("\n") if line and not line.isspace()]
    marks = _pasted_lines(lines)
    if marks.count(True) >= _A_RUN:
        # Between its first and its last line what was pasted is of one piece.
        first, last = marks.index(True), len(marks) - marks[::-1].index(True)
        marks[first:last] = [True] * (last - first)
    own = [line for line, mark in zip(lines, marks, strict=True) if not mark]
    return "\n".join(own), "\n".join(line for line, mark in zip(lines, marks, strict=True) if mark)


def _pasted_lines(lines: list[str]) -> list[bool]:
    """Tell of each line whether it was pasted, an indented line after one that was too."""
    marks: list[bool] = []
    fenced = before = False
    for line in lines:
        fence = line.lstrip().startswith(_FENCE)
        fenced ^= fence
        before = fence or fenced or _is_pasted(line) or (before and line[0] in " \t")
        marks.append(before)
    return marks


def _is_pasted(line: str) -> bool:
    """Tell whether a line is a machine's: a prompt, a log, a trace, a diff, mostly signs and digits."""
    if _PASTED.match(line):
        return True
    if len(line) < 24:
        return False
    words = line.split()
    return sum(word.strip(_MARKS).isalpha() for word in words) * 2 < len(words)


def alarms(pasted: str) -> bool:
    """Tell whether what was pasted reports a failure."""
    return bool(pasted) and _ALARM.search(pasted) is not None


def unquoted(text: str) -> str:
    """Return the text with code spans, quoted text and addresses each made one neutral word."""
    return _QUOTE.sub(" it ", text) if "`" in text or '"' in text or "“" in text or "://" in text else text


_TERM = re.compile(r"[^\W\d_][\w-]{2,}|\d+(?:\.\d+)+|--?[a-z][\w-]+")
STEM = 6
"""How many letters of a word are compared: "renamed" and "rename" are one."""


def terms(text: str, besides: str = "common") -> set[str]:
    """Return what a text is about: words without the common ones, cut to their stems, flags and versions.

    besides: a kind of words (see `cues.WORDS`) to leave out as well.
    """
    out = cues.words("common") | cues.words(besides)
    return {word[:STEM] for word in _TERM.findall(text.lower()) if word not in out}
