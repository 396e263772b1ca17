"""Decay: what a pair weighs by its age, 2^(-age / half-life).

Age comes from the record's own time, never from a file's: copying must not make old things young. The
weight is independent of the signals and taken when something is read, so nothing has to be scheduled.
"""

from datetime import UTC, datetime

DAY = 86_400.0

HALF_LIFE = 7
"""The half-life in days where nobody says another: 0.91 after a day, 0.50 after a week, 0.05 after 30."""


def seconds(at: str) -> float | None:
    """Return an ISO 8601 time as seconds since 1970, None where it is none; without a zone it is UTC."""
    try:
        time = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def age(at: str, now: float) -> float | None:
    """Return the age in days of what was said at a time; never below 0, None where the time is unknown."""
    said = seconds(at)
    return None if said is None else max(0.0, now - said) / DAY


def weight(at: str, now: float, half_life: float = HALF_LIFE) -> float:
    """Return the weight in 0..1 of what was said at a time: 1 when new, 0 where the time is unknown."""
    days = age(at, now)
    return 0.0 if days is None else 2.0 ** (-days / half_life)


def explained(at: str, now: float, half_life: float = HALF_LIFE) -> str:
    """Return the formula with the numbers of one time in it."""
    days = age(at, now)
    if days is None:
        return "no time on record: 0"
    return f"2^(-{days:.2f} d / {half_life:g} d) = {shown(2.0 ** (-days / half_life))}"


def shown(weight: float) -> str:
    """Return a weight as it is read: with three decimals, and what is smaller by its power of ten."""
    return f"{weight:.3f}" if weight >= 0.0005 or not weight else f"{weight:.0e}"
