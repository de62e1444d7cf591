"""When a signed request counts: not from the future, and not older than its window."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from binance_gateway.words import errors
from binance_gateway.words.numbers import UNIT, read_amount, read_integer
from binance_gateway.words.times import to_microseconds

DEFAULT_WINDOW_MS = 5_000
MAX_WINDOW_MS = 60_000
_AHEAD = 1_000_000
_THOUSANDTH = UNIT // 1_000


Clocks = Sequence[Callable[[], int]]
"""What tells the time in microseconds: a request counts that fits one of them.

Clients sign by the clock on their wall; an exchange may have another one.
"""


class Window(NamedTuple):
    """The moment of a request and how long it counts, in microseconds."""

    timestamp: int
    length: int
    clocks: Clocks

    def check(self) -> None:
        """Raise BinanceError if the request does not count now."""
        if self._fits():
            return
        if all(self.timestamp >= read() + _AHEAD for read in self.clocks):
            raise errors.TOO_EARLY()
        raise errors.TOO_LATE()

    def check_age(self) -> None:
        """Raise BinanceError if the request is too old by now."""
        if not self._fits():
            raise errors.TOO_LATE()

    def _fits(self) -> bool:
        for read in self.clocks:  # noqa: SIM110 - every signed request asks, twice
            if -_AHEAD < read() - self.timestamp <= self.length:
                return True
        return False


def read_window(parameters: Mapping[str, str], clocks: Clocks) -> Window:
    """Return the window of a request with these parameters; raise BinanceError."""
    timestamp = parameters.get("timestamp")
    if not timestamp:
        raise errors.MISSING_PARAMETER("timestamp")
    moment = to_microseconds(read_integer("timestamp", timestamp))
    text = parameters.get("recvWindow")
    if text is None:
        return Window(moment, DEFAULT_WINDOW_MS * 1_000, clocks)
    if not text:
        raise errors.EMPTY_PARAMETER("recvWindow")
    length = read_amount("recvWindow", text)
    if length > MAX_WINDOW_MS * UNIT:
        raise errors.WINDOW_TOO_LARGE()
    if length % _THOUSANDTH:
        raise errors.TOO_MUCH_PRECISION("recvWindow")
    return Window(moment, length // _THOUSANDTH, clocks)
