"""Time: microseconds since 1970 inside, ISO-8601 UTC with microseconds and `Z` outside."""

import time
from datetime import UTC, datetime


def now_in_microseconds() -> int:
    """The wall clock."""
    return time.time_ns() // 1000


def format_timestamp(microseconds: int) -> str:
    """`2026-01-31T12:00:00.000001Z`."""
    seconds, fraction = divmod(microseconds, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:06d}Z"


def parse_timestamp(text: str) -> int:
    """Microseconds of a timestamp made by `format_timestamp`; raises ValueError for another."""
    moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000 + moment.microsecond
