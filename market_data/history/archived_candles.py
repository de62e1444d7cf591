"""Candles of the archive in ticks and lots, cut off exactly at our own first trade."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from archive.queries import Archive
from archive.records import CandleRecord, TradeRecord
from market_data.market.candles import CANDLES_KEPT, INTERVALS, MICROSECONDS, Candle
from protocol.enums import Side
from protocol.instrument import Instrument
from protocol.timestamps import parse_timestamp

_TRADES_A_PAGE = 1_000


class ArchivedSeries(NamedTuple):
    """Candles with trades; the last one may be only the first part of its interval.

    Everything from `since` on is there; `close_before` is the last price before it.
    """

    candles: list[Candle]
    since: int
    close_before: int | None


class ArchivedPrices(NamedTuple):
    """Every interval's candles by name, and the last trade's moment and price."""

    series: dict[str, ArchivedSeries]
    last_timestamp: int
    last_price: int


class _LastSecond(NamedTuple):
    candle: Candle
    last_trade: TradeRecord


def read_archived_candles(
    archive: Archive, instrument: Instrument, seconds: int, start: int, end: int
) -> list[Candle]:
    """Read the candles that begin from `start` on and before `end`, without holes, oldest first."""
    records = archive.list_candles(instrument.symbol, seconds, start, end)
    return [_to_candle(record, instrument) for record in records]


def read_archived_prices(
    archive: Archive, instrument: Instrument, trade_id: int, until: int
) -> ArchivedPrices | None:
    """Read every interval's candles of the trades up to `trade_id`, none of which is after `until`.

    None if the archive does not have that trade. A candle that `until` cuts is put together from
    finer ones, down to the trades of the last second.
    """
    last_second = _read_last_second(archive, instrument, trade_id, until)
    if last_second is None:
        return None
    series: dict[str, ArchivedSeries] = {}
    finer = [last_second.candle] if last_second.candle.trades else []
    for name, seconds in INTERVALS.items():
        step = seconds * MICROSECONDS
        end = until - until % step
        partial = _merge([each for each in finer if each.start >= end], end)
        start = end - CANDLES_KEPT * step
        whole = read_archived_candles(archive, instrument, seconds, start, end)
        is_flat_before = bool(whole) and not whole[0].trades
        finer = [each for each in whole if each.trades] + partial
        series[name] = ArchivedSeries(finer, start, whole[0].close if is_flat_before else None)
    trade = last_second.last_trade
    price = _to_ticks(trade.price, instrument)
    return ArchivedPrices(series, parse_timestamp(trade.timestamp), price)


def _read_last_second(
    archive: Archive, instrument: Instrument, trade_id: int, until: int
) -> _LastSecond | None:
    """Read the trades of the second of `until`, up to `trade_id`; None if that is not there."""
    start = until - until % MICROSECONDS
    found: list[TradeRecord] = []
    before = trade_id + 1
    while page := archive.list_trades(instrument.symbol, _TRADES_A_PAGE, before=before):
        found += (trade for trade in page if parse_timestamp(trade.timestamp) >= start)
        if not found or found[-1] is not page[-1]:
            break
        before = page[-1].trade_id
    newest = next(iter(found or page), None)
    if newest is None or newest.trade_id != trade_id:
        return None
    return _LastSecond(_fold(found[::-1], instrument, start), newest)


def _fold(trades: Iterable[TradeRecord], instrument: Instrument, start: int) -> Candle:
    candle = Candle.flat(start, 0)
    for trade in trades:
        price, quantity = _to_ticks(trade.price, instrument), _to_lots(trade.quantity, instrument)
        is_taker_buy = trade.aggressor_side == Side.BUY
        if candle.trades:
            candle.take(price, quantity, trade.trade_id, is_taker_buy=is_taker_buy)
        else:
            candle = Candle.of_trade(
                start, price, quantity, trade.trade_id, is_taker_buy=is_taker_buy
            )
    return candle


def _merge(candles: list[Candle], start: int) -> list[Candle]:
    """Make one candle of those of one interval; an empty list if there are none."""
    if not candles:
        return []
    first, *later = candles
    merged = replace(first, start=start)
    for candle in later:
        merged.append(candle)
    return [merged]


def _to_candle(record: CandleRecord, instrument: Instrument) -> Candle:
    unit = Fraction(instrument.tick.text) * Fraction(instrument.lot.text)
    return Candle(
        parse_timestamp(record.start),
        _to_ticks(record.open, instrument),
        _to_ticks(record.high, instrument),
        _to_ticks(record.low, instrument),
        _to_ticks(record.close, instrument),
        _to_lots(record.volume, instrument),
        int(Fraction(record.quote_volume) / unit),
        record.trades,
        _to_lots(record.taker_buy_volume, instrument),
        int(Fraction(record.taker_buy_quote_volume) / unit),
        record.first_trade_id,
        record.last_trade_id,
    )


def _to_ticks(text: str, instrument: Instrument) -> int:
    return instrument.tick.to_steps(text)[0]


def _to_lots(text: str, instrument: Instrument) -> int:
    return int(Fraction(text) / Fraction(instrument.lot.text))
