"""The candles of one symbol and one interval, by the engine's time."""

from collections import deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import takewhile

from market_data.market.candles import CANDLES_KEPT, MICROSECONDS, Candle
from market_data.market.empty_candles import fill_holes


class CandleSeries:
    """The candles of an interval of `step` microseconds; those without trades are not stored.

    Everything from `since` on is known (0: from the beginning). `close_before` is the last price
    before that, None if nothing had traded. `changed_from` is the start of the oldest candle that
    has changed since it was last set to None; the announcer does that.
    """

    __slots__ = ("_candles", "changed_from", "close_before", "since", "step")

    def __init__(self, seconds: int) -> None:
        self.step = seconds * MICROSECONDS
        self.since = 0
        self.close_before: int | None = None
        self.changed_from: int | None = None
        self._candles: deque[Candle] = deque()

    def begin(self, since: int, close_before: int | None) -> None:
        """Note that nothing before `since` is known but the last price."""
        self.since = since
        self.close_before = close_before

    def take(
        self,
        timestamp: int,
        price: int,
        quantity: int,
        trade_id: int = 0,
        *,
        is_taker_buy: bool = False,
    ) -> None:
        """Add a trade that is not earlier than the one before."""
        candles = self._candles
        if candles and timestamp < candles[-1].start + self.step:
            candle = candles[-1]
            candle.take(price, quantity, trade_id, is_taker_buy=is_taker_buy)
        else:
            if len(candles) == CANDLES_KEPT:
                self._drop_oldest()
            start = self.align(timestamp)
            candle = Candle.of_trade(start, price, quantity, trade_id, is_taker_buy=is_taker_buy)
            candles.append(candle)
        if self.changed_from is None:  # a set one is no later: this candle is the newest
            self.changed_from = candle.start

    def align(self, timestamp: int) -> int:
        """Return the start of the interval that holds `timestamp`."""
        return timestamp - timestamp % self.step

    def list_traded(self, start: int, end: int) -> list[Candle]:
        """Return the candles with trades from `start` on and before `end`, oldest first."""
        newest_first = (candle for candle in reversed(self._candles) if candle.start < end)
        return list(takewhile(lambda candle: candle.start >= start, newest_first))[::-1]

    def list_filled(self, start: int, end: int) -> list[Candle]:
        """Return the same, with a flat candle for each interval without trades after the first."""
        start = max(self.align(start + self.step - 1), self.align(self.since))
        traded = self.list_traded(start, end)
        return list(fill_holes(traded, start, end, self.step, self.find_close(start)))

    def prepend(self, older: Iterable[Candle], since: int, close_before: int | None) -> None:
        """Put `older` in front, from before our first trade; both may have a part of one candle.

        `since` and `close_before` become those of the whole series.
        """
        live = self._candles
        candles = [replace(candle) for candle in older if candle.trades]
        if candles and live and candles[-1].start == live[0].start:
            candles[-1].append(live.popleft())
        if candles:
            self._note_change(candles[-1].start)
        self._candles = deque([*candles, *live])
        self.begin(since, close_before)
        while len(self._candles) > CANDLES_KEPT:
            self._drop_oldest()

    def find_close(self, before: int) -> int | None:
        """Return the last price before `before`, where an interval begins; None: none is known."""
        found = next((each for each in reversed(self._candles) if each.start < before), None)
        return found.close if found else self.close_before

    def _drop_oldest(self) -> None:
        dropped = self._candles.popleft()
        self.begin(dropped.start + self.step, dropped.close)

    def _note_change(self, start: int) -> None:
        if self.changed_from is None or start < self.changed_from:
            self.changed_from = start
