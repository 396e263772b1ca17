"""When: the times that a query names: `yesterday`, `3 days ago`, `last week`, `in March`, `2026-11-02`.

Days are the person's own, by their local time. A time raises what was said then; it hides nothing.
"""

import re
from datetime import date, datetime, timedelta

from commonplace.recall.terms import terms

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Days = tuple[date, date]
    """The first day and the day after the last."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "few": 3, "three": 3, "four": 4, "five": 5, "six": 6}
_UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}

_N = r"(\d{1,3}|an?|one|two|three|four|five|six|few)"
_UNIT = r"(day|week|month|year)s?"
_MONTH = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_WEEKDAY = r"(mon|tues?|wednes|thurs|fri|satur|sun)day"
_DAY = r"(\d{1,2})(?:st|nd|rd|th)?"
_YEAR = r"((?:19|20)\d\d)"


def spans(query: str, now: float) -> "tuple[list[tuple[float, float]], str]":
    """Return the spans of Unix time that a query names, and what is left of it to look for.

    What names a time by its distance from today stands in no text of that time. What names a date may, and is
    left in the query, unless it is all that the query asks for.
    """
    today = date.fromtimestamp(now)
    for pattern, days, is_date in _FORMS:
        found, rest = [], query
        for match in re.finditer(rf"(?i)\b(?:(since|after|before|until) )?{pattern}\b", query):
            try:
                first, end = days(match.groups()[1:], today)
                found.append(_span((match[1] or "").lower(), first, end, today))
            except (ValueError, OverflowError):
                continue
            rest = rest.replace(match[0], " ")
        if found:
            return found, query if is_date and terms(rest) else rest
    return [], query


def _span(edge: str, first: date, end: date, today: date) -> tuple[float, float]:
    if edge in ("since", "after"):
        return _began(first), _began(today + timedelta(days=1))
    if edge in ("before", "until"):
        return 0.0, _began(first if edge == "before" else end)
    return _began(first), _began(end)


def _began(day: date) -> float:
    return datetime(day.year, day.month, day.day).timestamp()


def _near(said: "tuple[str, ...]", today: date) -> "Days":
    return _one(today - timedelta(days=said[0].lower() == "yesterday"))


def _ago(said: "tuple[str, ...]", today: date) -> "Days":
    """Return the days around a week ago, a month or a year ago that whole month or year."""
    then = today - timedelta(days=_number(said[0]) * _UNITS[said[1].lower()])
    unit = said[1].lower()
    if unit == "week":
        return then - timedelta(days=3), then + timedelta(days=4)
    return _one(then) if unit == "day" else _whole(unit, then)


def _past(said: "tuple[str, ...]", today: date) -> "Days":
    return today - timedelta(days=_number(said[0]) * _UNITS[said[1].lower()]), today + timedelta(days=1)


def _this_or_last(said: "tuple[str, ...]", today: date) -> "Days":
    unit = said[1].lower()
    days = _whole(unit, today)
    return days if said[0].lower() == "this" else _whole(unit, days[0] - timedelta(days=1))


def _weekday(said: "tuple[str, ...]", today: date) -> "Days":
    back = (today.weekday() - _WEEKDAYS.index(said[0][:3].lower())) % 7
    return _one(today - timedelta(days=back or 7))


def _iso(said: "tuple[str, ...]", today: date) -> "Days":  # noqa: ARG001
    return (
        _one(date(int(said[0]), int(said[1]), int(said[2])))
        if said[2]
        else _month_of(int(said[0]), int(said[1]))
    )


def _day_month(said: "tuple[str, ...]", today: date) -> "Days":
    month = _MONTHS.index(said[1][:3].lower()) + 1
    then = date(int(said[2] or today.year), month, int(said[0]))
    return _one(then if said[2] or then <= today else then.replace(year=then.year - 1))


def _month_day(said: "tuple[str, ...]", today: date) -> "Days":
    return _day_month((said[1], said[0], said[2]), today)


def _month(said: "tuple[str, ...]", today: date) -> "Days":
    month = _MONTHS.index(said[0][:3].lower()) + 1
    return _month_of(int(said[1]) if said[1] else today.year - (month > today.month), month)


def _year(said: "tuple[str, ...]", today: date) -> "Days":  # noqa: ARG001
    return date(int(said[0]), 1, 1), date(int(said[0]) + 1, 1, 1)


def _one(day: date) -> "Days":
    return day, day + timedelta(days=1)


def _whole(unit: str, day: date) -> "Days":
    if unit == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    if unit == "month":
        return _month_of(day.year, day.month)
    return (date(day.year, 1, 1), date(day.year + 1, 1, 1)) if unit == "year" else _one(day)


def _month_of(year: int, month: int) -> "Days":
    return date(year, month, 1), date(year + month // 12, month % 12 + 1, 1)


def _number(said: str) -> int:
    return int(said) if said.isdigit() else _NUMBERS[said.lower()]


_FORMS: "tuple[tuple[str, Callable[[tuple[str, ...], date], Days], bool], ...]" = (
    (r"(today|yesterday)", _near, False),
    (rf"{_N} {_UNIT} ago", _ago, False),
    (rf"(?:last|past) {_N} {_UNIT}", _past, False),
    (r"(this|last) (week|month|year)", _this_or_last, False),
    (rf"(?:on|last) {_WEEKDAY}", _weekday, False),
    (r"(\d{4})-(\d\d)(?:-(\d\d))?", _iso, True),
    (rf"{_DAY} (?:of )?{_MONTH}(?:,? {_YEAR})?", _day_month, True),
    (rf"{_MONTH} {_DAY}(?:,? {_YEAR})?", _month_day, True),
    (rf"(?:(?:in|during|of|last|this) )?{_MONTH},? {_YEAR}", _month, True),
    (rf"(?:(?:in|during|last) |(?<=since )|(?<=after )|(?<=before )|(?<=until )){_MONTH}()", _month, True),
    (rf"(?:in|during) {_YEAR}", _year, True),
)
"""How a time is said, the days that it means, and whether it is a date that may stand in a text."""
