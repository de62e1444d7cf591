"""The exchange's clock in the hands of a test."""

from typing import TYPE_CHECKING

from protocol.durations import parse_duration
from protocol.timestamps import format_timestamp, parse_timestamp

if TYPE_CHECKING:
    from goquant.testing.exchange import Exchange


class Clock:
    """Reads the clock; moves it if it is manual. Times are texts such as those of the API."""

    def __init__(self, exchange: "Exchange") -> None:
        self._exchange = exchange

    @property
    def now(self) -> str:
        """The exchange's time."""
        now: str = self._exchange.ask("GET", "/v1/clock")["timestamp"]
        return now

    def after(self, duration: str) -> str:
        """Return the time that is so far ahead: `1h30m`, `90s`. Raises ValueError for a bad one."""
        return format_timestamp(parse_timestamp(self.now) + parse_duration(duration))

    def advance(self, duration: str) -> str:
        """Move the clock on; return the time when all that was due has happened, everywhere.

        Raises httpx.HTTPStatusError for a bad duration, or if the clock goes by itself.
        """
        self._exchange.ask("POST", "/v1/admin/clock", {"advance": duration})
        self._exchange.wait_until_idle()
        return self.now
