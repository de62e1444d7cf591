"""Durations as people write them: `90s`, `1h30m`, `250ms`."""

import re

DURATION_RULE = "a duration such as 90s, 15m, 1h30m, 1d or 250ms"
_UNITS = {
    "us": 1,
    "ms": 1_000,
    "s": 1_000_000,
    "m": 60_000_000,
    "h": 3_600_000_000,
    "d": 86_400_000_000,
}
_PARTS = re.compile(r"(\d{1,12})(us|ms|s|m|h|d)", re.ASCII)
_WHOLE = re.compile(rf"(?:{_PARTS.pattern})+", re.ASCII)


def parse_duration(text: str) -> int:
    """Return the microseconds of a duration; raise ValueError if it is none."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is not {DURATION_RULE}")
    return sum(int(number) * _UNITS[unit] for number, unit in _PARTS.findall(text))
