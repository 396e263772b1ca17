"""Secrets in a text: found, and masked before anything is shown.

No scanner that is well kept fits here, so the shapes are our own (`shapes`). detect-secrets 1.5.0 is of
May 2024, is asked in its own tracker whether it is alive, brings `requests` along, takes 94 ms to import,
and reports one token five times. gitleaks takes no new rules since its author moved on to betterleaks; both
are programs in Go, to be installed beside us and started at every flag.

Standard library only, and no `re` before a mark is seen: flags pass through here. A text without any mark
costs some microseconds. What is found is told by its kind and a mask; the secret itself is never in a
message. What these shapes do not know, the person's own patterns can say (`secrets.patterns`).
"""

from commonplace.shapes import GIVEN, HEADER, HEADERS, KEYS, SHAPES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Iterator

PATIENCE = 0.2
"""Seconds that one of the person's own patterns may take over one text. Python's `re` can take hours."""

AWS = 40
"""The characters of an AWS secret key, which has no prefix."""

_PLACEHOLDERS = (
    "example", "placeholder", "changeme", "change-me", "change_me", "your", "dummy", "sample", "redacted",
    "insert", "replace", "xxxx", "****", "....", "abcdefgh", "12345678", "01234567", "deadbeef", "…",
)  # fmt: skip
_VARIABLE = "$<>{}()[]%"
"""Signs that a value has which is filled in or computed elsewhere."""

_NAMES_NO_SECRET = (
    "hash", "id", "ids", "type", "name", "url", "uri", "file", "path", "field", "length", "min", "max",
    "policy", "ttl", "expiry", "expires", "budget", "count", "limit", "format", "prefix", "algorithm", "ref",
    "store", "manager", "version", "env", "var", "header", "size", "public", "fingerprint", "digest",
)  # fmt: skip
_REACH = 52
"""The characters from the beginning of such a mark to the sign, at the most, that `shapes.GIVEN` allows."""

_PERSONAL = ("pass", "pwd")
"""What begins names of secrets that people make up: a sign in them is a sign that they did."""


class Secret:
    """What looks like a secret. what: its kind · start, end: where in the text · mask: what to show."""

    __slots__ = ("end", "mask", "start", "what")

    def __init__(self, what: str, start: int, end: int) -> None:
        self.what = what
        self.start = start
        self.end = end
        self.mask = f"…({end - start} characters)"


_own: "list[tuple[int, re.Pattern[str]]]" = []
"""The person's own patterns, each with the number of its line."""


def learn(patterns: str) -> None:
    """Look for the person's own patterns too from now on, one a line; ValueError if a line is none."""
    _own[:] = compiled(patterns)


def compiled(patterns: str) -> "list[tuple[int, re.Pattern[str]]]":
    """Return (line, pattern) for each line that says something; ValueError names one that is no pattern."""
    lines = [(number, line.strip()) for number, line in enumerate(patterns.split("\n"), start=1)]
    lines = [(number, line) for number, line in lines if line]
    if not lines:
        return []
    import re

    found = []
    for number, line in lines:
        try:
            pattern = re.compile(line)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"line {number} is no regular expression: {error}") from None
        if pattern.match(""):
            raise ValueError(f"line {number} fits an empty text, so any")
        found.append((number, pattern))
    return found


def find(text: str) -> list[Secret]:
    """Return what looks like a secret in a text, in the order in which it stands there, none twice."""
    found = [*_shaped(text), *_weighed(text), *_personal(text)]
    found.sort(key=lambda secret: (secret.start, -secret.end))
    kept: list[Secret] = []
    for secret in found:
        if not kept or secret.start >= kept[-1].end:
            kept.append(secret)
        elif secret.end > kept[-1].end:  # two that overlap are hidden as one
            kept[-1] = Secret(kept[-1].what, kept[-1].start, secret.end)
    return kept


def masked(text: str) -> str:
    """Return the text with every secret in it replaced by its mask: `ghp_…(36 characters)`."""
    parts, position = [], 0
    for secret in find(text):
        parts += [text[position : secret.start], secret.mask]
        position = secret.end
    return "".join([*parts, text[position:]]) if parts else text


def named(text: str) -> str:
    """Return the kinds of secrets in a text, for a message, "" if there are none."""
    return ", ".join(dict.fromkeys(secret.what for secret in find(text)))


def values(text: str) -> set[str]:
    """Return the secrets in a text themselves: to take them out, never to be shown."""
    return {text[secret.start : secret.end] for secret in find(text)}


def _shaped(text: str) -> "Iterator[Secret]":
    """Yield what has the shape of a known kind."""
    for mark, what, pattern in SHAPES:
        if mark in text and (mark != "://" or "@" in text):
            for match in _pattern(r"(?<![A-Za-z0-9])" + pattern).finditer(_without_data(text)):
                if _is_value(match[2]) and (mark != "://" or _is_password(*match.groups())):
                    yield Secret(what, *match.span(2))


def _weighed(text: str) -> "Iterator[Secret]":
    """Yield what is named as a secret, or stands in a header that carries one, and looks like it."""
    lower = text.lower()
    if any(mark in lower for mark in HEADERS):
        for match in _pattern(HEADER).finditer(text):
            if _is_value(match[2]) and _is_random(match[2]):
                yield Secret("a key in a header", *match.span(2))
    if _gives(lower):
        for match in _pattern(GIVEN).finditer(_without_data(text)):
            key, value = match["key"].lower(), match["value"].rstrip(".:)")
            if _is_value(value) and _is_given(key, value):
                yield Secret("a password" if _made_up(key) else "a secret", match.start("value"),
                             match.start("value") + len(value))  # fmt: skip


def _gives(lower: str) -> bool:
    """Tell whether a sign of giving a value stands shortly after a name that may be a secret's."""
    for mark in KEYS:
        at = lower.find(mark)
        while at >= 0:
            after = lower[at : at + _REACH]
            if ":" in after or "=" in after or " is " in after:
                return True
            at = lower.find(mark, at + 1)
    return False


def _personal(text: str) -> "Iterator[Secret]":
    """Yield what the person's own patterns find; a text that one takes too long over counts as found."""
    for number, pattern in _own:
        matches = _in_time(lambda pattern=pattern: list(pattern.finditer(text)))  # type: ignore[misc]
        if matches is None:
            yield Secret(f"a text over which line {number} of secrets.patterns takes too long", 0, len(text))
            continue
        for match in matches:
            group = 1 if match.re.groups and match[1] else 0
            if match[group]:
                yield Secret(f"what line {number} of secrets.patterns finds", *match.span(group))


def _in_time(act: "Callable[[], list[re.Match[str]]]") -> "list[re.Match[str]] | None":
    """Return what `act` returns, None where it takes longer than PATIENCE.

    Python's `re` looks for signals while it matches. Where there is no timer (Windows, a thread) it is
    waited for.
    """
    import signal
    import threading

    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        return act()

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    try:
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        try:
            return act()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    except TimeoutError:
        return None
    finally:
        signal.signal(signal.SIGALRM, before)


_compiled: "dict[str, re.Pattern[str]]" = {}


def _pattern(text: str) -> "re.Pattern[str]":
    if text not in _compiled:
        import re

        _compiled[text] = re.compile(text)
    return _compiled[text]


def _without_data(text: str) -> str:
    """Return the text with the content of data addresses (`data:image/png;base64,…`) blanked out."""
    if ";base64," not in text:
        return text
    pattern = _pattern(r"(;base64,)([A-Za-z0-9+/=\s]+)")
    return pattern.sub(lambda match: match[1] + " " * len(match[2]), text)


def _is_value(value: str) -> bool:
    """Tell whether a value is one: neither a placeholder nor filled in elsewhere, nor all of a kind."""
    value = _pattern("%[0-9A-Fa-f]{2}").sub("0", value)  # as an address has to write what is no letter
    lower = value.lower()
    if any(word in lower for word in _PLACEHOLDERS) or any(sign in value for sign in _VARIABLE):
        return False
    return len(set(value)) >= min(8, 3 + len(value) // 4)


def _is_password(address: str, password: str) -> bool:
    """Tell whether what stands in an address after `//user:` is more than a default or a word for one."""
    user = address.rpartition("//")[2].rstrip(":")
    return password.lower() not in (user.lower(), "pass", "password", "passwd", "pwd", "secret", "token")


def _made_up(key: str) -> bool:
    return any(word in key for word in _PERSONAL)


def _is_given(key: str, value: str) -> bool:
    """Tell whether what is given to a name (`db_password`, `API key`) looks like a secret."""
    last = key.replace("-", "_").replace(".", "_").replace(" ", "_").rpartition("_")[2]
    if last in _NAMES_NO_SECRET or key.startswith(("max", "min", "public")):
        return False
    if "token" in key and _is_plain_id(value):
        return False
    if _made_up(key) and _has_signs(value):
        return True
    return _is_random(value)


def _has_signs(value: str) -> bool:
    """Tell whether a value mixes letters, digits and signs as people do when a form asks them to."""
    kinds = (str.isalpha, str.isdigit, lambda c: c in "!@#&*?~+=^|")
    return all(any(kind(letter) for letter in value) for kind in kinds)


def _is_random(value: str) -> bool:
    """Tell whether a value looks drawn at random: no words, no number, no path, no version, no date."""
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    if value.startswith(("/", "./", "../", "~/", "http", "arn:", "sha256:", "sha512-", "sha1-", "sha256-")):
        return False
    if len(value) == AWS and any(map(str.isupper, value)) and any(map(str.islower, value)):
        return True  # its slashes cut it into pieces that may each pass for a word
    return any(_is_noise(part) for part in _pattern(r"[^A-Za-z0-9]+").split(value))


def _is_noise(part: str) -> bool:
    """Tell whether a run of letters and digits is no word: digits in several places, or cases mixed."""
    if len(part) < 8 or _pattern(r"[A-Za-z]*\d*|\d+[A-Za-z]*").fullmatch(part):
        return False
    if len(part) < 16 and _pattern(r"v?\d+(?:[a-z]{1,4}\d+)+").fullmatch(part):
        return False  # a version, a size, a time: 1rc2, 3h20m
    groups = len(_pattern(r"\d+").findall(part))
    mixed = any(map(str.isupper, part[1:])) and any(map(str.islower, part))
    return groups >= 2 or (mixed and len(part) >= 10) or len(part) >= 20


def _is_plain_id(value: str) -> bool:
    """Tell whether a value is a UUID, a ULID or a hash: as a token, an id more often than a secret."""
    uuid = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    return bool(
        _pattern(rf"{uuid}|[0-7][0-9A-HJKMNP-TV-Z]{{25}}|[0-9a-f]{{40}}|[0-9a-f]{{64}}").fullmatch(value)
    )
