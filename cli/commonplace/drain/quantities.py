"""Quantities: numbers with their units, and dates, in forms that can be compared."""

import re
from dataclasses import dataclass

_UNITS = {
    "s": "s sec secs second seconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours",
    "day": "d day days",
    "week": "w wk wks week weeks",
    "month": "mo month months",
    "year": "y yr yrs year years",
    "quarter": "quarter quarters",
    "sprint": "sprint sprints",
    "ms": "ms millisecond milliseconds",
    "us": "us µs μs microsecond microseconds",
    "ns": "ns nanosecond nanoseconds",
    "byte": "B byte bytes",
    "kb": "kB KB kb kilobyte kilobytes",
    "mb": "MB mb megabyte megabytes",
    "gb": "GB gb gigabyte gigabytes",
    "tb": "TB tb terabyte terabytes",
    "kib": "KiB",
    "mib": "MiB",
    "gib": "GiB",
    "%": "% percent pct",
    "px": "px pixel pixels",
    "em": "em",
    "rem": "rem",
    "pt": "pt",
    "dpi": "dpi",
    "fps": "fps",
    "hz": "Hz hz",
    "khz": "kHz",
    "mhz": "MHz",
    "ghz": "GHz",
    "mm": "mm millimetre millimetres millimeter millimeters",
    "cm": "cm",
    "metre": "metre metres meter meters",
    "km": "km",
    "kg": "kg",
    "token": "token tokens",
    "char": "char chars character characters",
    "am": "am AM a.m.",
    "pm": "pm PM p.m.",
    "eur": "€ EUR euro euros",
    "usd": "$ USD dollar dollars",
    "gbp": "£ GBP",
    "jpy": "¥ JPY yen",
    "chf": "CHF francs",
    "cent": "cent cents",
    **{code.lower(): code for code in ("CNY", "SEK", "NOK", "DKK", "PLN", "INR", "AUD")},
    "million": "million millions",
    "thousand": "thousand thousands",
    "billion": "billion billions",
}
_ATTACHED = {"m": "min", "x": "x", "st": "th", "nd": "th", "rd": "th",
             "th": "th", "g": "g", "G": "gb"}  # fmt: skip
"""Units that are told from words only when they stand at the number itself: `10m`, `3x`, `20th`."""

_UNIT = {form: unit for unit, forms in _UNITS.items() for form in forms.split()}

_NUMBER_WORDS = """
    two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred
    thousand million billion dozen twice thrice half zero
"""


def _any(words: list[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_WORD = rf"(?:{_any(_NUMBER_WORDS.split())})s?"
_WORDED = rf"(?i:{_WORD}(?:[\ -]{_WORD})*)"
_FIGURE = r"(?:(?<![\w)\]])-)?(?<!\w)(?<!\w\.)(?:\d+(?:[.,]\d+)*)(?:[kKM](?!\w))?"
_CURRENCY = r"(?:US)?[€$£¥]|\b(?:EUR|USD|GBP|CHF|JPY|CNY|SEK|NOK|DKK|PLN|INR|AUD)\b"
_WITH_UNIT = rf"(?:{_any(list(_ATTACHED))}|[\ -]?(?:{_any(list(_UNIT))}))(?!\w)"
_ONE = rf"(?:(?:{_CURRENCY})\ ?)?(?:{_FIGURE}|(?<!\w){_WORDED})(?:{_WITH_UNIT}|(?!\w))"

NUMBER = rf"{_ONE}(?:\ ?(?:-|to|and|or)\ ?{_ONE})?"
"""One number with its unit, or two of them as a range, whose unit is said once: `20 to 30 min`."""

_SPLIT = re.compile(
    rf"(?P<before>{_CURRENCY})?\ ?(?P<value>{_FIGURE}|(?<!\w){_WORDED})(?P<unit>{_WITH_UNIT})?", re.VERBOSE
)
_GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+(?:\.\d+)?")


def amounts(text: str) -> list[tuple[str, ...]]:
    """Return for each number of a match of NUMBER its normal forms, `value unit`.

    In a range the first number may have the unit of the second, or none: it has a form for each.
    """
    parts = [_amount(found) for found in _SPLIT.finditer(text)]
    last = parts[-1][1] if parts else ""
    return [tuple({f"{value} {unit}".strip(), f"{value} {unit or last}".strip()}) for value, unit in parts]


def _amount(found: re.Match[str]) -> tuple[str, str]:
    value = found["value"].replace("K", "k")
    if value[0].isalpha():
        value = " ".join(word.removesuffix("s") for word in value.lower().replace("-", " ").split())
    elif _GROUPED.fullmatch(value):
        value = value.replace(",", "")
    unit = (found["unit"] or "").strip(" -")
    before = (found["before"] or "").strip().removeprefix("US")
    return value, _UNIT.get(before) or _ATTACHED.get(unit) or _UNIT.get(unit, "")


_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
           "november", "december")  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPOKEN = {
    "daily": "day", "weekly": "week", "monthly": "month", "yearly": "year", "annual": "year",
    "annually": "year", "hourly": "h", "nightly": "night", "tonight": "night", "night": "night",
    "nights": "night", "fortnight": "fortnight", "today": "today", "tomorrow": "tomorrow",
    "yesterday": "yesterday", "noon": "noon", "midnight": "midnight", "weekend": "weekend",
    "weekends": "weekend",
}  # fmt: skip
TIME_WORDS = {
    **_SPOKEN,
    **{form: unit for unit in ("min", "h", "day", "week", "month", "year", "sprint")
       for form in (unit, *_UNITS[unit].split()) if len(form) > 2},
    "h": "h", "quarter": "quarter", "seconds": "s", "s": "s",
}  # fmt: skip
"""Words that set a time without a number → what they say."""


def time_word(word: str, *, loose: bool = False) -> str | None:
    """Return what a word says about time, or None. `loose`: short names and may count as months too."""
    low = word.lower()
    if low in TIME_WORDS and len(low) > 2:
        return None if low in ("min", "mins") else TIME_WORDS[low]
    singular = low.removesuffix("s")
    if singular in WEEKDAYS:
        return singular
    if low in _MONTHS and (loose or (word[0].isupper() or low not in ("may", "march", "august"))):
        return low
    if loose:
        return next((name for name in (*_MONTHS, *WEEKDAYS) if len(low) >= 3 and name.startswith(low)), None)
    return None


def month(number: int) -> str:
    """Return the name of a month, in lower case; "" for 0."""
    return _MONTHS[number - 1] if number else ""


_MONTH = (
    r"(?:[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|May|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?"
    r"|[Ss]ept?(?:ember)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th|\.)?"
_YEAR = r",?\ \d{4}(?!\w)"

DATE = rf"""(?<![\w./-])(?:
    \d{{4}}-\d{{1,2}}-\d{{1,2}}(?!\d)|\d{{4}}/\d{{1,2}}/\d{{1,2}}(?!\d)|\d{{4}}-(?:0[1-9]|1[0-2])(?![\w-])
  | \d{{1,2}}[./-]\d{{1,2}}[./-]\d{{4}}(?!\d)
  | {_DAY}\ (?:of\ )?{_MONTH}\b\.?(?:{_YEAR})?
  | {_MONTH}\b\.?\ \d{{1,2}}(?:st|nd|rd|th)?(?!\w)(?:{_YEAR})?
  | {_MONTH}\b\.?{_YEAR})"""
"""A date in any of the usual ways of writing it."""

_PARTS = re.compile(r"\d+|[A-Za-z]{3,}")


@dataclass(frozen=True)
class Date:
    """A date; 0 for what is not said."""

    year: int
    month: int
    day: int

    def covers(self, other: "Date") -> bool:
        """Tell whether this date says all that the other says: `November 2026` is in `2026-11-20`."""
        return all(
            not said or said == held
            for said, held in ((other.year, self.year), (other.month, self.month), (other.day, self.day))
        )


def date(text: str) -> Date | None:
    """Return the date that a match of DATE says, or None where day and month can't be told apart."""
    parts = [part for part in _PARTS.findall(text) if part not in ("of",)]
    named = next((part for part in parts if part[0].isalpha()), "")
    figures = [int(part) for part in parts if part[0].isdigit()]
    if named:
        number = next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(named.lower()[:3]))
        year = next((figure for figure in figures if figure > 31), 0)
        return Date(year, number, next((figure for figure in figures if figure <= 31), 0))
    if figures[0] > 31:
        return Date(*[*figures, 0][:3])
    one, other, year = figures
    if "." in text or one > 12:
        return Date(year, other, one)
    return Date(year, one, other) if other > 12 or one == other else None
