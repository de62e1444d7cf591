"""The streams of the Binance gateway that are measured, and how they compare with the floor."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from benchmark.feed.throughput import (
    BTC_USDT,
    FIRST_STAMP,
    Load,
    Measured,
    Stream,
    make_trades,
    measure_floor,
    measure_service,
)
from binance_gateway.market.diffs import Diff
from binance_gateway.market.texts import MarketTexts
from binance_gateway.streams.payloads import describe_book_ticker, describe_diff, describe_trade
from market_data.fanout.messages import encode_frame
from protocol.channels import BBO_UPDATES, ORDER_BOOK_UPDATES, TRADE_EVENTS
from protocol.events import Bbo, L2Delta
from protocol.timestamps import format_timestamp

_TEXTS = MarketTexts(BTC_USDT, "BTCUSDT")
_UNIT = 1_000
_LEVELS = 20
"""Levels of each side that a window has changed."""
_PORTIONS = 20
"""Windows: each is sent when the readers have the one before."""
_ALONE = 1


def _make_bests(first: int, count: int) -> Sequence[Bbo]:
    """Make bests of which each has another quantity."""
    return [
        Bbo(
            "BTC-USDT", "60000.00", f"0.{number % 90_000 + 10_000}", "60001.00", "0.30000", number,
            format_timestamp(FIRST_STAMP + number),
        )
        for number in range(first, first + count)
    ]  # fmt: skip


def _make_deltas(first: int, count: int) -> Sequence[L2Delta]:
    """Make changes of as many levels on both sides, one more change in each."""
    return [
        L2Delta(
            "BTC-USDT", number, number,
            [(f"{59_999 - level}.00", f"0.{number % 90_000 + 10_000}") for level in range(_LEVELS)],
            [(f"{60_001 + level}.00", f"0.{number % 90_000 + 10_000}") for level in range(_LEVELS)],
            format_timestamp(FIRST_STAMP + number),
        )
        for number in range(first, first + count)
    ]  # fmt: skip


def _describe_trade(trade: Any) -> object:
    return describe_trade(trade, _TEXTS, FIRST_STAMP, _UNIT)


def _describe_best(bbo: Any) -> object:
    return describe_book_ticker(bbo, _TEXTS)


def _describe_diff(delta: Any) -> object:
    first, last = delta.first_update_id, delta.last_update_id
    return describe_diff(Diff(first, last, delta.bids, delta.asks), _TEXTS, FIRST_STAMP, _UNIT)


def _encode(describe: Callable[[Any], object], events: Sequence[Any]) -> list[bytes]:
    """Encode messages as long as the gateway's: only the time of sending is another."""
    return [encode_frame(describe(event)) for event in events]


TRADES = Stream("/ws/btcusdt@trade", TRADE_EVENTS, make_trades, partial(_encode, _describe_trade))
BESTS = Stream("/ws/btcusdt@bookTicker", BBO_UPDATES, _make_bests, partial(_encode, _describe_best))
DIFFS = Stream(
    "/ws/btcusdt@depth@100ms", ORDER_BOOK_UPDATES, _make_deltas, partial(_encode, _describe_diff)
)


def measure_stream(redis_url: str, load: Load, shape: int, stream: Stream) -> Measured:
    """Measure a stream of the gateway, with so many events in a commit."""
    return measure_service(redis_url, load, shape, "binance_gateway", stream)


def compare_diffs(redis_url: str, readers: int) -> tuple[Measured, Measured]:
    """Return what the floor does, and what `@depth@100ms` does.

    A window comes ten times a second, so only the CPU of a delivery can be compared.
    """
    load = Load(readers, _ALONE, _PORTIONS)
    return measure_floor(load, DIFFS), measure_stream(redis_url, load, _ALONE, DIFFS)
