"""What a stream's messages say, as objects ready to be encoded.

`now` and every other moment is in microseconds, `unit` how many of them make one of the reader's.
"""

from typing import Any, TypeAlias

from binance_gateway.market.aggregates import Aggregate, is_buyer_maker
from binance_gateway.market.board import AVERAGE_MINUTES, Listing
from binance_gateway.market.diffs import Diff
from binance_gateway.market.figures import Figures
from binance_gateway.market.klines import UNUSED
from binance_gateway.market.texts import MarketTexts, format_change, format_percent
from binance_gateway.words.numbers import ZERO
from market_data.market.candles import Candle
from protocol.events import Bbo, Trade
from protocol.timestamps import parse_timestamp

Payload: TypeAlias = dict[str, Any]


def describe_trade(trade: Trade, texts: MarketTexts, now: int, unit: int) -> Payload:
    """Tell of a trade."""
    return {
        "e": "trade", "E": now // unit, "s": texts.symbol, "t": trade.trade_id,
        "p": texts.pad_price(trade.price), "q": texts.pad_quantity(trade.quantity),
        "T": parse_timestamp(trade.timestamp) // unit, "m": is_buyer_maker(trade), "M": True,
    }  # fmt: skip


def describe_aggregate(each: Aggregate, texts: MarketTexts, now: int, unit: int) -> Payload:
    """Tell of an aggregate."""
    return {
        "e": "aggTrade", "E": now // unit, "s": texts.symbol, "a": each.first_id,
        "p": texts.pad_price(each.price), "q": texts.quantity(each.lots),
        "f": each.first_id, "l": each.last_id, "T": parse_timestamp(each.timestamp) // unit,
        "m": each.is_buyer_maker, "M": True,
    }  # fmt: skip


def describe_best(bbo: Bbo | None, texts: MarketTexts) -> Payload:
    """Tell the best prices, zeros where there are none."""
    bid, bid_quantity, ask, ask_quantity = (
        (None,) * 4 if bbo is None else (bbo.bid, bbo.bid_quantity, bbo.ask, bbo.ask_quantity)
    )
    return {
        "b": texts.pad_price(bid), "B": texts.pad_quantity(bid_quantity),
        "a": texts.pad_price(ask), "A": texts.pad_quantity(ask_quantity),
    }  # fmt: skip


def describe_book_ticker(bbo: Bbo, texts: MarketTexts) -> Payload:
    """Tell the best prices after a change; it has no times."""
    return {"u": bbo.update_id, "s": texts.symbol, **describe_best(bbo, texts)}


def describe_diff(diff: Diff, texts: MarketTexts, now: int, unit: int) -> Payload:
    """Tell what has changed in a book."""
    return {
        "e": "depthUpdate", "E": now // unit, "s": texts.symbol,
        "U": diff.first_update_id, "u": diff.last_update_id,
        "b": texts.pad_levels(diff.bids), "a": texts.pad_levels(diff.asks),
    }  # fmt: skip


def describe_depth(listing: Listing, levels: int, _unit: int = 0) -> Payload:
    """Tell the best `levels` of a book as it is now."""
    book, texts = listing.view.book, listing.texts
    return {
        "lastUpdateId": book.last_update_id,
        "bids": texts.pad_levels(book.bids.top(levels)),
        "asks": texts.pad_levels(book.asks.top(levels)),
    }


def describe_kline(
    candle: Candle, end: int, interval: str, texts: MarketTexts, now: int, unit: int,
    *, is_closed: bool,
) -> Payload:  # fmt: skip
    """Tell a kline that ends before `end`."""
    traded = candle.trades > 0
    kline = {
        "t": candle.start // unit, "T": end // unit - 1, "s": texts.symbol, "i": interval,
        "f": candle.first_trade_id if traded else -1, "L": candle.last_trade_id if traded else -1,
        "o": texts.price(candle.open), "c": texts.price(candle.close),
        "h": texts.price(candle.high), "l": texts.price(candle.low),
        "v": texts.quantity(candle.volume), "n": candle.trades, "x": is_closed,
        "q": texts.notional(candle.notional), "V": texts.quantity(candle.taker_buy_volume),
        "Q": texts.notional(candle.taker_buy_notional), "B": UNUSED,
    }  # fmt: skip
    return {"e": "kline", "E": now // unit, "s": texts.symbol, "k": kline}


def describe_mini_ticker(figures: Figures, texts: MarketTexts, now: int, unit: int) -> Payload:
    """Tell the last 24 hours in short."""
    return {
        "e": "24hrMiniTicker", "E": now // unit, "s": texts.symbol,
        "c": texts.price(figures.last), "o": texts.price(figures.open),
        "h": texts.price(figures.high), "l": texts.price(figures.low),
        "v": texts.quantity(figures.volume), "q": texts.notional(figures.notional),
    }  # fmt: skip


def describe_ticker(figures: Figures, listing: Listing, start: int, now: int, unit: int) -> Payload:
    """Tell the last 24 hours, which began at `start`, and the best prices."""
    texts, bbo, trades = listing.texts, listing.view.bbo, listing.view.trades
    return {
        "e": "24hrTicker", "E": now // unit, "s": texts.symbol, **_describe_change(figures, texts),
        "w": texts.average(figures.notional, figures.volume), "x": texts.price(figures.before),
        "c": texts.price(figures.last),
        "Q": texts.pad_quantity(trades[-1].quantity) if trades else ZERO,
        **describe_best(bbo, texts),
        **_describe_prices(figures, texts), **_describe_sums(figures, texts),
        **_describe_span(figures, start, now, unit),
    }  # fmt: skip


def describe_window_ticker(
    figures: Figures, window: str, texts: MarketTexts, start: int, now: int, unit: int
) -> Payload:
    """Tell a rolling window, which began at `start`."""
    return {
        "e": f"{window}Ticker", "E": now // unit, "s": texts.symbol,
        **_describe_change(figures, texts), **_describe_prices(figures, texts),
        "c": texts.price(figures.last), "w": texts.average(figures.notional, figures.volume),
        **_describe_sums(figures, texts), **_describe_span(figures, start, now, unit),
    }  # fmt: skip


def describe_average(listing: Listing, now: int, unit: int) -> Payload:
    """Tell the average price."""
    return {
        "e": "avgPrice", "E": now // unit, "s": listing.name, "i": f"{AVERAGE_MINUTES}m",
        "w": listing.write_average(), "T": (listing.view.prices.last_timestamp or 0) // unit,
    }  # fmt: skip


def describe_reference(listing: Listing, now: int, unit: int) -> Payload:
    """Tell that there is no reference price."""
    return {"e": "referencePrice", "s": listing.name, "r": None, "t": now // unit}


def _describe_change(figures: Figures, texts: MarketTexts) -> Payload:
    percent = format_percent(figures.change, figures.open)
    return {"p": format_change(figures.change, texts), "P": percent}


def _describe_prices(figures: Figures, texts: MarketTexts) -> Payload:
    opened, high, low = map(texts.price, (figures.open, figures.high, figures.low))
    return {"o": opened, "h": high, "l": low}


def _describe_sums(figures: Figures, texts: MarketTexts) -> Payload:
    return {"v": texts.quantity(figures.volume), "q": texts.notional(figures.notional)}


def _describe_span(figures: Figures, start: int, now: int, unit: int) -> Payload:
    return {
        "O": start // unit, "C": now // unit,
        "F": figures.first_id, "L": figures.last_id, "n": figures.trades,
    }  # fmt: skip
