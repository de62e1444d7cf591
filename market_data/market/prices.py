"""What traded in one symbol: candles of every interval, and the last 24 hours."""

from typing import NamedTuple

from market_data.market.candle_series import CandleSeries
from market_data.market.candles import INTERVALS, Candle
from protocol.decimals import format_scaled
from protocol.instrument import Instrument
from protocol.timestamps import format_timestamp

_MINUTES_OF_A_DAY = 1_440
_PERCENT_PLACES = 2


class Day(NamedTuple):
    """The trades of the last 24 hours; `since`: what came before is not known, None if all is."""

    traded: list[Candle]
    since: int | None


class Prices:
    """One symbol's trades as candles, by the engine's timestamps, the last price, and the phase."""

    __slots__ = ("_instrument", "last_price", "last_timestamp", "phase", "series")

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self.series = {name: CandleSeries(seconds) for name, seconds in INTERVALS.items()}
        self.last_price: int | None = None
        self.last_timestamp: int | None = None
        self.phase: str | None = None
        """None before the engine has said."""

    def take(
        self,
        timestamp: int,
        price: int,
        quantity: int,
        trade_id: int = 0,
        *,
        is_taker_buy: bool = False,
    ) -> None:
        """Add the next trade: microseconds, ticks, lots."""
        for series in self.series.values():
            series.take(timestamp, price, quantity, trade_id, is_taker_buy=is_taker_buy)
        self.last_price = price
        self.last_timestamp = timestamp

    def begin(self, since: int, last_price: int | None) -> None:
        """Note that nothing before the moment `since` is known but the last price."""
        self.last_price = last_price
        for series in self.series.values():
            series.begin(since, last_price)

    def note_last_trade(self, timestamp: int, price: int) -> None:
        """Note the last trade before those that were taken here; ignore it if there were any."""
        if self.last_timestamp is None:
            self.last_timestamp, self.last_price = timestamp, price

    def describe_ticker(self, now: int) -> dict[str, object]:
        """Return the `data` of a ticker at the moment `now`."""
        day = self._find_day(now)
        traded, last = day.traded, self.last_price
        first = traded[0].open if traded else last
        change = last - first if last is not None and first is not None else None
        instrument = self._instrument
        return {
            "symbol": instrument.symbol,
            "open": self._to_price(first),
            "high": self._to_price(max((each.high for each in traded), default=last)),
            "low": self._to_price(min((each.low for each in traded), default=last)),
            "last": self._to_price(last),
            "volume": instrument.lots_to_quantity(sum(each.volume for each in traded)),
            "quote_volume": instrument.format_notional(sum(each.notional for each in traded)),
            "change": None if change is None else self._format_change(change),
            "change_percent": None if change is None or not first else to_percent(change, first),
            "trades": sum(each.trades for each in traded),
            "timestamp": format_moment(self.last_timestamp),
            "since": format_moment(day.since),
            "phase": self.phase,
        }

    def describe_candle(self, candle: Candle) -> dict[str, object]:
        """Return the fields of a candle as clients get them."""
        return {
            "start": format_timestamp(candle.start),
            "open": self._to_price(candle.open),
            "high": self._to_price(candle.high),
            "low": self._to_price(candle.low),
            "close": self._to_price(candle.close),
            "volume": self._instrument.lots_to_quantity(candle.volume),
            "quote_volume": self._instrument.format_notional(candle.notional),
            "trades": candle.trades,
        }

    def _find_day(self, now: int) -> Day:
        minutes = self.series["1m"]
        end = minutes.align(now) + minutes.step
        start = end - _MINUTES_OF_A_DAY * minutes.step
        since = minutes.since if minutes.since > start else None
        return Day(minutes.list_traded(start, end), since)

    def _to_price(self, ticks: int | None) -> str | None:
        return None if ticks is None else self._instrument.ticks_to_price(ticks)

    def _format_change(self, ticks: int) -> str:
        text = self._instrument.ticks_to_price(abs(ticks))
        return f"-{text}" if ticks < 0 else text


def to_percent(change: int, base: int) -> str:
    """Return `change` in percent of `base`, which is above zero, rounded half-even to 2 places."""
    quotient, remainder = divmod(abs(change) * 100 * 10**_PERCENT_PLACES, base)
    doubled = 2 * remainder
    quotient += doubled > base or (doubled == base and quotient % 2)
    text = format_scaled(quotient, _PERCENT_PLACES)
    return f"-{text}" if change < 0 and quotient else text


def format_moment(microseconds: int | None) -> str | None:
    """Return the timestamp; None for None."""
    return None if microseconds is None else format_timestamp(microseconds)
