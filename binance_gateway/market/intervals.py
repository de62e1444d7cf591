"""Kline intervals: where each begins, and of which candles it is made."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

from market_data.market.candles import INTERVALS, MICROSECONDS

_DAY = 86_400
_MONDAY = 4 * _DAY
"""1970 began on a Thursday."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Interval(Protocol):
    """An interval by name. Moments are microseconds UTC.

    `shift` is what a time zone is ahead of UTC, in microseconds: it moves where intervals begin.
    """

    name: str

    def align(self, moment: int, shift: int = 0) -> int:
        """Return the beginning of the interval that holds `moment`."""

    def move(self, start: int, count: int, shift: int = 0) -> int:
        """Return the beginning of the interval that is `count` after the one that begins there."""

    def choose_base(self, shift: int = 0) -> str:
        """Return the coarsest of the feed's intervals of which this one is made."""


class FixedInterval:
    """An interval that is always as long; one begins at the second `origin`."""

    def __init__(self, name: str, seconds: int, origin: int = 0) -> None:
        self.name = name
        self._step = seconds * MICROSECONDS
        self._origin = origin * MICROSECONDS

    def align(self, moment: int, shift: int = 0) -> int:
        """Return the beginning of the interval that holds `moment`."""
        return moment - (moment + shift - self._origin) % self._step

    def move(self, start: int, count: int, shift: int = 0) -> int:  # noqa: ARG002 - always as long
        """Return the beginning of the interval that is `count` after the one that begins there."""
        return start + count * self._step

    def choose_base(self, shift: int = 0) -> str:
        """Return the coarsest of the feed's intervals of which this one is made."""
        return _choose_base(self._step, self._origin, shift)


class Month:
    """The month of the calendar."""

    name = "1M"

    def align(self, moment: int, shift: int = 0) -> int:
        """Return the beginning of the month that holds `moment`."""
        local = _EPOCH + timedelta(microseconds=moment + shift)
        return _count_months(local.year * 12 + local.month - 1) - shift

    def move(self, start: int, count: int, shift: int = 0) -> int:
        """Return the beginning of the month that is `count` after the one that begins there."""
        local = _EPOCH + timedelta(microseconds=start + shift)
        return _count_months(local.year * 12 + local.month - 1 + count) - shift

    def choose_base(self, shift: int = 0) -> str:
        """Return the coarsest of the feed's intervals of which this one is made."""
        return _choose_base(_DAY * MICROSECONDS, 0, shift)


def _count_months(months: int) -> int:
    """Return the moment at which the month begins, of which `months` is the number; 0: none."""
    year, month = divmod(months, 12)
    if year < 1970:
        return 0
    return int(datetime(year, month + 1, 1, tzinfo=UTC).timestamp()) * MICROSECONDS


def _choose_base(*lengths: int) -> str:
    """Return the coarsest interval that divides all of `lengths`, in microseconds."""
    return max(
        (
            name
            for name, seconds in INTERVALS.items()
            if not any(length % (seconds * MICROSECONDS) for length in lengths)
        ),
        key=INTERVALS.__getitem__,
    )


_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": _DAY}
_FIXED = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d")

KLINE_INTERVALS: dict[str, Interval] = {
    **{name: FixedInterval(name, int(name[:-1]) * _SECONDS[name[-1]]) for name in _FIXED},
    "1w": FixedInterval("1w", 7 * _DAY, _MONDAY),
    "1M": Month(),
}
