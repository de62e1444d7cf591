"""Calls about books, trades and klines."""

import re
from collections.abc import Mapping
from functools import partial

from binance_gateway.calls.call import Call, RouteTable
from binance_gateway.calls.listings import asking_history, find_listing, keep_status
from binance_gateway.calls.parameters import (
    END_TIME,
    FROM_ID,
    START_TIME,
    SYMBOL,
    SYMBOL_STATUS,
    Parameter,
    limit,
    mandatory,
)
from binance_gateway.market.aggregates import Aggregate, AnyTrade, is_buyer_maker
from binance_gateway.market.board import AVERAGE_MINUTES
from binance_gateway.market.intervals import KLINE_INTERVALS, Interval
from binance_gateway.market.kline_history import KlineHistory, KlineQuery
from binance_gateway.market.klines import describe_row
from binance_gateway.market.texts import MarketTexts
from binance_gateway.market.trade_history import TradeHistory
from binance_gateway.services import Services
from binance_gateway.words import errors
from binance_gateway.words.numbers import INTEGER_RANGE
from protocol.timestamps import parse_timestamp

calls = RouteTable()

_DEFAULT_DEPTH, _MAX_DEPTH = 100, 5_000
_DEPTH_WEIGHTS = {100: 5, 500: 25, 1_000: 50}
_MAX_DEPTH_WEIGHT = 250
_LIMIT = limit(500, 1_000)
_MINUTE = 60_000_000
_is_integer = re.compile(INTEGER_RANGE, re.ASCII).fullmatch
_ZONE = re.compile(r"([+-]?)(\d{1,2})(?::(\d{2}))?", re.ASCII).fullmatch


def _weigh_depth(sent: Mapping[str, str]) -> int:
    text = sent.get("limit", "")
    levels = int(text) if _is_integer(text) else _DEFAULT_DEPTH
    return next((w for most, w in _DEPTH_WEIGHTS.items() if levels <= most), _MAX_DEPTH_WEIGHT)


def read_interval(_name: str, text: str) -> Interval:
    """Return the interval of that name."""
    try:
        return KLINE_INTERVALS[text]
    except KeyError:
        raise errors.INVALID_INTERVAL() from None


def read_time_zone(name: str, text: str) -> int:
    """Return how far the zone `8`, `-3` or `+05:30` is ahead of UTC, in microseconds."""
    found = _ZONE(text)
    if found is None:
        raise errors.INVALID_VALUE(name)
    sign, hours, minutes = found.groups()
    ahead = (int(hours) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1)
    if not -12 * 60 <= ahead <= 14 * 60 or int(minutes or 0) > 59:
        raise errors.INVALID_VALUE(name)
    return ahead * _MINUTE


TIME_ZONE = Parameter("timeZone", read_time_zone, default=0)


@calls.add("GET depth", "depth", _weigh_depth, SYMBOL, limit(_DEFAULT_DEPTH, _MAX_DEPTH),
           SYMBOL_STATUS)  # fmt: skip
async def read_depth(services: Services, call: Call) -> object:
    """Read the book as it is now, the same that diffs are made of."""
    listing = find_listing(services, call)
    if not await keep_status(services, call, [listing]):
        raise errors.OTHER_SYMBOL_STATUS()
    book, texts = listing.view.book, listing.texts
    return {
        "lastUpdateId": book.last_update_id,
        "bids": texts.pad_levels(book.bids.top(call["limit"])),
        "asks": texts.pad_levels(book.asks.top(call["limit"])),
    }


@calls.add("GET trades", "trades.recent", 25, SYMBOL, _LIMIT)
async def list_trades(services: Services, call: Call) -> object:
    """List the newest trades."""
    listing = find_listing(services, call)
    with asking_history():
        found = await TradeHistory(listing.view, services.archive).list_newest(call["limit"])
    return [_describe_trade(trade, listing.texts, call) for trade in found]


@calls.add("GET historicalTrades", "trades.historical", 25, SYMBOL, _LIMIT, FROM_ID)
async def list_historical_trades(services: Services, call: Call) -> object:
    """List trades from an id on, or the newest."""
    listing = find_listing(services, call)
    history = TradeHistory(listing.view, services.archive)
    with asking_history():
        if call["fromId"] is None:
            found = await history.list_newest(call["limit"])
        else:
            found = await history.list_from(call["fromId"], call["limit"])
    return [_describe_trade(trade, listing.texts, call) for trade in found]


@calls.add("GET historicalBlockTrades", "blockTrades.historical", 25, SYMBOL, _LIMIT, FROM_ID)
async def list_block_trades(services: Services, call: Call) -> object:
    """List block trades, of which there are none."""
    find_listing(services, call)
    return []


@calls.add("GET aggTrades", "trades.aggregate", 4, SYMBOL, FROM_ID, START_TIME, END_TIME, _LIMIT)
async def list_aggregates(services: Services, call: Call) -> object:
    """List aggregates from an id on, or of a time, or the newest."""
    listing = find_listing(services, call)
    start, end = _read_span(call)
    if call["fromId"] is not None and (start is not None or end is not None):
        raise errors.INVALID_COMBINATION()
    history = TradeHistory(listing.view, services.archive)
    with asking_history():
        first = call["fromId"] if start is None else await history.find_id_from(start)
        before = None if end is None else await history.find_id_from(_after(end))
        if first is None:
            found = await history.list_newest_aggregates(call["limit"], before)
        else:
            found = await history.list_aggregates_from(first, call["limit"], before)
    return [_describe_aggregate(each, listing.texts, call) for each in found]


_KLINE_PARAMETERS = (
    SYMBOL, mandatory("interval", read_interval), START_TIME, END_TIME, TIME_ZONE, _LIMIT,
)  # fmt: skip


@calls.add("GET klines", "klines", 2, *_KLINE_PARAMETERS)
@calls.add("GET uiKlines", "uiKlines", 2, *_KLINE_PARAMETERS)
async def list_klines(services: Services, call: Call) -> object:
    """List klines; the running one is the last."""
    listing = find_listing(services, call)
    start, end = _read_span(call)
    interval, shift = call["interval"], call["timeZone"]
    history = KlineHistory(listing, services.archive)
    query = KlineQuery(interval, shift, start, end, call["limit"])
    with asking_history():
        found = await history.list_klines(query, services.market.now)
    describe = partial(describe_row, texts=listing.texts, unit=call.unit.value)
    return [describe(each, interval.move(each.start, 1, shift)) for each in found]


@calls.add("GET avgPrice", "avgPrice", 2, SYMBOL)
async def read_average_price(services: Services, call: Call) -> object:
    """Read the average price of the last minutes."""
    listing = find_listing(services, call)
    return {
        "mins": AVERAGE_MINUTES,
        "price": listing.write_average(),
        "closeTime": call.moment(listing.view.prices.last_timestamp or 0),
    }


def _read_span(call: Call) -> tuple[int | None, int | None]:
    start, end = call["startTime"], call["endTime"]
    if start is not None and end is not None and start > end:
        raise errors.INVALID_COMBINATION()
    return start, end


def _after(moment: int) -> int:
    """Return the first moment that is no more meant by one that was sent in milliseconds."""
    return moment + (1 if moment % 1_000 else 1_000)


def _describe_trade(trade: AnyTrade, texts: MarketTexts, call: Call) -> dict[str, object]:
    return {
        "id": trade.trade_id,
        "price": texts.pad_price(trade.price),
        "qty": texts.pad_quantity(trade.quantity),
        "quoteQty": texts.multiply(trade.price, trade.quantity),
        "time": call.moment(parse_timestamp(trade.timestamp)),
        "isBuyerMaker": is_buyer_maker(trade),
        "isBestMatch": True,
    }


def _describe_aggregate(each: Aggregate, texts: MarketTexts, call: Call) -> dict[str, object]:
    return {
        "a": each.first_id,
        "p": texts.pad_price(each.price),
        "q": texts.quantity(each.lots),
        "f": each.first_id,
        "l": each.last_id,
        "T": call.moment(parse_timestamp(each.timestamp)),
        "m": each.is_buyer_maker,
        "M": True,
    }
