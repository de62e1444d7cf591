"""Names of streams: `btcusdt@kline_1m`, `!ticker@arr` and so on."""

import re
from typing import NamedTuple

from binance_gateway.market.intervals import KLINE_INTERVALS
from market_data.market.candles import MICROSECONDS

EVERY_SYMBOL = "*"
_MINUTE = 60 * MICROSECONDS
_SHIFTED = 480 * _MINUTE
"""`@+08:00`, the only time zone that a stream can have."""

DEPTH_LEVELS = (5, 10, 20)
WINDOWS = {"1h": 60 * _MINUTE, "4h": 240 * _MINUTE, "1d": 1_440 * _MINUTE}
"""Of rolling tickers."""


class Kind(NamedTuple):
    """What a stream tells.

    `speed`: milliseconds between its messages, 0 where each event makes one. `detail`: levels of a
    partial book, window of a rolling ticker, interval of a kline.
    """

    name: str
    speed: int = 0
    detail: str = ""
    shift: int = 0


class StreamName(NamedTuple):
    """A name, taken apart: the symbol in upper case, as answers have it."""

    kind: Kind
    symbol: str


def _list_kinds() -> dict[str, Kind]:
    depth = {
        f"depth{levels or ''}{suffix}": Kind("partial" if levels else "diff", speed, str(levels))
        for levels in (0, *DEPTH_LEVELS)
        for suffix, speed in (("", 1_000), ("@100ms", 100))
    }
    klines = {
        f"kline_{interval}{suffix}": Kind("kline", 1_000, interval, shift)
        for interval in KLINE_INTERVALS
        for suffix, shift in (("", 0), ("@+08:00", _SHIFTED))
    }
    windows = {f"ticker_{window}": Kind("window", 1_000, window) for window in WINDOWS}
    events = {each: Kind(each) for each in ("trade", "aggTrade", "bookTicker", "blockTrade")}
    seconds = {each: Kind(each, 1_000) for each in ("ticker", "miniTicker", "avgPrice")}
    return {
        **depth, **klines, **windows, **events, **seconds,
        "referencePrice": Kind("referencePrice", 1_000),
    }  # fmt: skip


KINDS = _list_kinds()
"""What comes after `<symbol>@`."""
ARRAYS = {
    "!bookTicker": Kind("bookTicker"),
    "!miniTicker@arr": Kind("miniTicker", 1_000),
    "!ticker@arr": Kind("ticker", 1_000),
    **{f"!ticker_{window}@arr": Kind("window", 1_000, window) for window in WINDOWS},
}
"""Streams of all symbols."""

_is_listen_key = re.compile(r"[A-Za-z0-9]{60}", re.ASCII).fullmatch


def parse_name(name: str) -> StreamName | None:
    """Take a name apart; None if there is no such kind of stream. The symbol may be unknown."""
    if name in ARRAYS:
        return StreamName(ARRAYS[name], EVERY_SYMBOL)
    symbol, _, suffix = name.partition("@")
    if (kind := KINDS.get(suffix)) is None or not symbol:
        return None
    # a name in upper case is silent: no symbol of an answer has small letters
    return StreamName(kind, symbol.upper() if symbol == symbol.lower() else symbol.lower())


def is_listen_key(name: str) -> bool:
    """Whether `name` has the form of a listen key."""
    return _is_listen_key(name) is not None
