"""Ids: a ULID for each entry and drain, and the short block id that each fact carries.

Source: https://github.com/ulid/spec (48 bits of milliseconds, 80 random bits, Crockford's base 32).
"""

from os import urandom
from time import time_ns

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 26
SHORT = 10


def new(milliseconds: int | None = None) -> str:
    """Return a new ULID for the given Unix time in milliseconds, or for now."""
    if milliseconds is None:
        milliseconds = time_ns() // 1_000_000
    number = (milliseconds << 80) | int.from_bytes(urandom(10), "big")
    letters = []
    for _ in range(LENGTH):
        letters.append(ALPHABET[number & 31])
        number >>= 5
    return "".join(reversed(letters))


def is_ulid(text: str) -> bool:
    """Tell whether the text is a ULID as `new` writes them (upper case, 26 characters)."""
    return len(text) == LENGTH and text[0] <= "7" and not text.strip(ALPHABET)


def seconds(ulid: str) -> float:
    """Return the Unix time in seconds at which the ULID was made."""
    number = 0
    for letter in ulid[:10]:
        number = number * 32 + ALPHABET.index(letter)
    return number / 1000


def short(ulid: str) -> str:
    """Return the last ten characters in lower case: 50 random bits, short enough to type."""
    return ulid[-SHORT:].lower()
