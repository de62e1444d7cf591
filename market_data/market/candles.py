"""Candles of one symbol and one interval, in whole ticks and lots, by the engine's time."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile

CANDLES_KEPT = 1_500
"""Candles with trades that an interval remembers; the oldest goes first. A day of minutes fits."""
MICROSECONDS = 1_000_000
INTERVALS = {
    "1s": 1,
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "1h": 3_600,
    "4h": 14_400,
    "1d": 86_400,
}
"""Name to seconds, each a multiple of the one before."""


@dataclass(slots=True)
class Candle:
    """What traded from `start` on (microseconds); prices in ticks, `notional` in ticks * lots."""

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    notional: int
    trades: int

    @classmethod
    def of_trade(cls, start: int, price: int, quantity: int) -> "Candle":
        """A candle with its first trade."""
        return cls(start, price, price, price, price, quantity, price * quantity, 1)

    @classmethod
    def flat(cls, start: int, close: int) -> "Candle":
        """A candle in which nothing traded."""
        return cls(start, close, close, close, close, 0, 0, 0)

    def take(self, price: int, quantity: int) -> None:
        """Add a later trade."""
        if price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.volume += quantity
        self.notional += price * quantity
        self.trades += 1

    def append(self, later: "Candle") -> None:
        """Take in what traded after this; both with trades."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.volume += later.volume
        self.notional += later.notional
        self.trades += later.trades


class CandleSeries:
    """The candles of an interval of `step` microseconds; those without trades are not stored.

    Everything from `since` on is known (0: from the beginning), and the last price before that is
    `close_before`, None where nothing had traded. `changed_from` is the start of the oldest candle
    that has changed since someone set it to None.
    """

    __slots__ = ("_candles", "changed_from", "close_before", "since", "step")

    def __init__(self, seconds: int) -> None:
        self.step = seconds * MICROSECONDS
        self.since = 0
        self.close_before: int | None = None
        self.changed_from: int | None = None
        self._candles: deque[Candle] = deque()

    def begin(self, since: int, close_before: int | None) -> None:
        """Nothing is known of the time before `since` but its last price."""
        self.since = since
        self.close_before = close_before

    def take(self, timestamp: int, price: int, quantity: int) -> None:
        """Add a trade, which is not earlier than the one before."""
        candles = self._candles
        if candles and timestamp < candles[-1].start + self.step:
            candle = candles[-1]
            candle.take(price, quantity)
        else:
            if len(candles) == CANDLES_KEPT:
                self._drop_oldest()
            candle = Candle.of_trade(self.align(timestamp), price, quantity)
            candles.append(candle)
        if self.changed_from is None:  # else it is no later: the candle is the newest
            self.changed_from = candle.start

    def align(self, timestamp: int) -> int:
        """Where the interval that holds `timestamp` begins."""
        return timestamp - timestamp % self.step

    def list_traded(self, start: int, end: int) -> list[Candle]:
        """The candles with trades that begin from `start` on and before `end`, oldest first."""
        newest_first = (candle for candle in reversed(self._candles) if candle.start < end)
        return list(takewhile(lambda candle: candle.start >= start, newest_first))[::-1]

    def list_filled(self, start: int, end: int) -> list[Candle]:
        """As `list_traded`, with a flat one for each interval without trades after the first."""
        start = max(self.align(start + self.step - 1), self.align(self.since))
        traded = self.list_traded(start, end)
        return list(fill_holes(traded, start, end, self.step, self._find_close(start)))

    def prepend(self, history: Iterable[Candle], since: int, close_before: int | None) -> None:
        """Put what traded before `since` in front; the last of it may be of our first interval."""
        live = self._candles
        older = [replace(candle) for candle in history if candle.trades]
        if older and live and older[-1].start == live[0].start:
            older[-1].append(live.popleft())
        if older:
            self._note_change(older[-1].start)
        self._candles = deque([*older, *live])
        self.begin(since, close_before)
        while len(self._candles) > CANDLES_KEPT:
            self._drop_oldest()

    def _find_close(self, before: int) -> int | None:
        """The last price before the moment `before`."""
        found = next((each for each in reversed(self._candles) if each.start < before), None)
        return found.close if found else self.close_before

    def _drop_oldest(self) -> None:
        dropped = self._candles.popleft()
        self.begin(dropped.start + self.step, dropped.close)

    def _note_change(self, start: int) -> None:
        if self.changed_from is None or start < self.changed_from:
            self.changed_from = start


def fill_holes(
    traded: Iterable[Candle], start: int, end: int, step: int, close: int | None
) -> Iterator[Candle]:
    """One candle for each interval from `start` until before `end`, once there is a price."""
    for candle in traded:
        yield from _make_flat(start, candle.start, step, close)
        yield candle
        start, close = candle.start + step, candle.close
    yield from _make_flat(start, end, step, close)


def _make_flat(start: int, end: int, step: int, close: int | None) -> Iterator[Candle]:
    if close is not None:
        for moment in range(start, end, step):
            yield Candle.flat(moment, close)
