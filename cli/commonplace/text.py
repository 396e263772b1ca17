"""Text from outside, made safe to store in a page, to print on a terminal and to use as a name.

Standard library only, and no `re`: flags and hooks pass through here.
"""

from commonplace.errors import UsageError

MAX_TEXT = 8192
"""The longest text of one flag, in characters. A flag is a line; a page of prose is several flags."""

MAX_NAME = 64
"""The longest topic, skill or rule name, in characters."""

_UNSEEN = frozenset(
    [*"\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"]
    + [chr(point) for span in ((0xFE00, 0xFE10), (0xE0100, 0xE01F0)) for point in range(*span)]
)
"""Letters and marks that Python calls printable and that show as nothing: text can be hidden in a row of
them. These are Unicode's default ignorable code points that are not format characters.
"""

_JOINING = frozenset("\u200c\u200d\u180b\u180c\u180d\ufe0e\ufe0f")
"""Of what shows as nothing, what emoji and scripts need: one of them, after a character that they shape."""

_RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)


def visible(text: str) -> str:
    r"""Return the text with every character that could move a cursor or hide itself spelled out.

    ESC becomes `\x1b`, a right-to-left override `\u202e`; line breaks stay, tabs become spaces.
    One joiner or variation selector after a character that it shapes (beyond ASCII, or of a keycap) stays.
    """
    if text.isprintable() and _UNSEEN.isdisjoint(text):
        return text
    out = []
    before = ""
    for letter in text:
        if (letter.isprintable() and letter not in _UNSEEN) or letter == "\n":
            out.append(letter)
        elif letter == "\t" or letter in "\u00a0\u3000":
            out.append(" ")
        elif letter in _JOINING and before and _shapes(letter, before):
            out.append(letter)
        else:
            out.append(_spelled(letter))
        before = letter
    return "".join(out)


def _shapes(letter: str, before: str) -> bool:
    """Tell whether a joiner or selector has something before it to shape: never another one, in a row."""
    if before in _UNSEEN or not before.isprintable():
        return letter == "\u200d" and before == "\ufe0f"
    return before > "\x7f" or (letter == "\ufe0f" and before in "0123456789#*")


def _spelled(letter: str) -> str:
    point = ord(letter)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def one_line(text: str, limit: int = 0) -> str:
    """Return the text safe to print, on one line, cut to `limit` characters where one is given."""
    line = " ".join(visible(text).split())
    return line[: limit - 1] + "…" if limit and len(line) > limit else line


def accept_text(text: str, what: str = "text") -> str:
    """Return the text as it will be stored, or raise UsageError: empty, binary or too long."""
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise UsageError(f"the {what} is binary or not UTF-8", "pass plain text")
    cleaned = visible(text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not cleaned:
        flag = 'commonplace flag "what is worth keeping"'
        raise UsageError(f"the {what} is empty", flag if what == "text" else "say it in one line")
    if len(cleaned) > MAX_TEXT:
        raise UsageError(
            f"the {what} has {len(cleaned):,} characters; {MAX_TEXT:,} is the most",
            "flag the durable facts one by one, a line each",
        )
    return cleaned


def decode(data: bytes, what: str = "text") -> str:
    """Return bytes from standard input as text, or raise UsageError where they are not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"the {what} is binary or not UTF-8", "pass plain text") from None


def slug(name: str) -> str:
    """Return a name for a topic, a skill or a rule: lower case, letters and digits of any script.

    Everything else becomes one hyphen, so no path, trailer or ref trick survives; "" if nothing is
    left. Names that Windows reserves get a hyphen at the end.
    """
    if not name.isascii():
        from unicodedata import normalize  # macOS hands names over decomposed

        name = normalize("NFKC", name)
    out: list[str] = []
    for letter in name.lower():
        if letter.isalnum() and letter.isprintable():
            out.append(letter)
        elif out and out[-1] != "-":
            out.append("-")
    cut = "".join(out)[:MAX_NAME].strip("-")
    return cut + "-" if cut in _RESERVED else cut


def age(seconds: float) -> str:
    """Return a length of time as a person says it: `a moment`, `5 min`, `3 h`, `12 d`."""
    if seconds < 5:
        return "a moment"
    if seconds < 90:
        return f"{int(seconds)} s"
    if seconds < 90 * 60:
        return f"{int(seconds / 60)} min"
    if seconds < 48 * 3600:
        return f"{int(seconds / 3600)} h"
    return f"{int(seconds / 86400)} d"


def count(number: int, one: str, many: str = "") -> str:
    """Return a count with its noun: `1 flag`, `12 flags`, `2 entries`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
