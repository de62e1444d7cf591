"""Where klines of every interval begin, in every time zone, and of what they are made."""

import pytest

from binance_gateway.market.intervals import KLINE_INTERVALS
from protocol.timestamps import format_timestamp, parse_timestamp

HOUR = 3_600_000_000


def at(text: str) -> int:
    return parse_timestamp(f"{text}:00.000000Z")


@pytest.mark.parametrize(
    ("interval", "begins", "next_one"),
    [
        ("3m", "2026-02-04T13:45", "2026-02-04T13:48"),
        ("30m", "2026-02-04T13:30", "2026-02-04T14:00"),
        ("6h", "2026-02-04T12:00", "2026-02-04T18:00"),
        ("1d", "2026-02-04T00:00", "2026-02-05T00:00"),
        ("3d", "2026-02-03T00:00", "2026-02-06T00:00"),
        ("1w", "2026-02-02T00:00", "2026-02-09T00:00"),
        ("1M", "2026-02-01T00:00", "2026-03-01T00:00"),
    ],
)
def test_an_interval_begins_at_its_place_in_utc(interval: str, begins: str, next_one: str) -> None:
    found = KLINE_INTERVALS[interval]
    start = found.align(at("2026-02-04T13:47"))
    assert (start, found.move(start, 1)) == (at(begins), at(next_one))
    assert found.move(found.move(start, 1), -1) == start
    assert found.align(start) == start
    assert found.align(start - 1) == found.move(start, -1)


@pytest.mark.parametrize(
    ("interval", "hours", "begins"),
    [
        ("1h", 5.5, "2026-02-04T13:30"),
        ("1d", 8, "2026-02-03T16:00"),
        ("1d", -12, "2026-02-04T12:00"),
        ("1w", 8, "2026-02-01T16:00"),
        ("1M", 8, "2026-01-31T16:00"),
    ],
)
def test_a_time_zone_moves_where_it_begins(interval: str, hours: float, begins: str) -> None:
    found = KLINE_INTERVALS[interval]
    start = found.align(at("2026-02-04T13:47"), int(hours * HOUR))
    assert format_timestamp(start) == format_timestamp(at(begins))


def test_a_month_is_as_long_as_the_calendar_says() -> None:
    month = KLINE_INTERVALS["1M"]
    start = at("2026-01-01T00:00")
    starts = [format_timestamp(month.move(start, count))[:10] for count in (0, 1, 2, 12, -1)]
    assert starts == ["2026-01-01", "2026-02-01", "2026-03-01", "2027-01-01", "2025-12-01"]


@pytest.mark.parametrize(
    ("interval", "hours", "base"),
    [
        ("1s", 0, "1s"), ("3m", 0, "1m"), ("30m", 0, "15m"), ("2h", 0, "1h"), ("8h", 0, "4h"),
        ("6h", 0, "1h"), ("1d", 0, "1d"), ("1d", 8, "4h"), ("1d", 9, "1h"), ("1d", 5.75, "15m"),
        ("1w", 0, "1d"), ("1M", 0, "1d"), ("1M", 5.5, "15m"),
    ],
)  # fmt: skip
def test_it_is_made_of_the_coarsest_candles_that_fit(
    interval: str, hours: float, base: str
) -> None:
    assert KLINE_INTERVALS[interval].choose_base(int(hours * HOUR)) == base
