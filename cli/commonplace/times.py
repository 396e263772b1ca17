"""Lengths of time and moments, as a person says them on the command line."""

from commonplace.errors import UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def duration(said: str) -> float:
    """Return a length of time such as `90s`, `10m`, `2h`, `7d`, `2w` in seconds, or raise UsageError."""
    number, unit = said.strip()[:-1], said.strip()[-1:]
    if unit not in _SECONDS or not (number.isascii() and number.isdecimal()):
        raise UsageError(f"{said!r} is no length of time", "say it as 90s, 10m, 2h or 7d")
    return float(int(number) * _SECONDS[unit])


def since(said: str, now: float) -> str:
    """Return the time that `--since` names, in ISO 8601: `7d`, `2w`, `12h` ago, or as a date begins here."""
    from datetime import UTC, datetime

    try:
        try:
            time = datetime.fromtimestamp(now - duration(said), UTC)
        except UsageError:
            time = datetime.fromisoformat(said).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise UsageError(f"{said!r} is no time", "say 7d, 2w, 12h or a date: 2026-11-20") from None
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}Z"
