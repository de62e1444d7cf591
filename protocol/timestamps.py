"""Time: microseconds since 1970 inside, ISO-8601 UTC with microseconds and `Z` outside."""

import re
import time
from datetime import UTC, datetime
from functools import lru_cache

_EXACT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)

MOMENT_RULE = "a timestamp such as 2026-01-31T12:00:00.000001Z, or whole seconds since 1970"
"""What `parse_moment` takes, for the detail of a refusal."""

_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
_MAX_DIGITS = 12
_END_OF_TIME = 253_402_300_800_000_000
"""The year 10000."""


def now_in_microseconds() -> int:
    """Read the wall clock."""
    return time.time_ns() // 1000


def since_boot_in_microseconds() -> int:
    """Read the clock that nobody sets, and that goes on while the machine sleeps, if it has one."""
    return time.clock_gettime_ns(_STEADY) // 1000


def format_timestamp(microseconds: int) -> str:
    """Return a text such as `2026-01-31T12:00:00.000001Z`."""
    seconds, fraction = divmod(microseconds, 1_000_000)
    return f"{_format_second(seconds)}.{fraction:06d}Z"


@lru_cache(maxsize=16)
def _format_second(seconds: int) -> str:
    """Return all but the fraction, which stays the same for thousands of messages."""
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def parse_moment(text: str) -> int:
    """Return the microseconds of a moment in a query; raises ValueError if it is none.

    A moment is a timestamp, with up to six digits after the second, or whole seconds since 1970;
    the year 10000 is beyond the last one.
    """
    if text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS:
        moment = int(text) * 1_000_000
    else:
        moment = parse_timestamp(text if "." in text else text.replace("Z", ".0Z"))
    if not 0 <= moment < _END_OF_TIME:
        raise ValueError(text)
    return moment


@lru_cache(maxsize=256)
def parse_timestamp(text: str) -> int:
    """Return the microseconds of a timestamp made by `format_timestamp`, else raise ValueError.

    The last results are kept, because all events of a commit have the same timestamp.
    """
    if _EXACT.fullmatch(text):
        moment = datetime.fromisoformat(text)
    else:  # ten times slower, but takes fewer digits
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond
