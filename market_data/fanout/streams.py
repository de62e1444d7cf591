"""What a client can subscribe to: streams, each a channel of one symbol."""

from collections.abc import Iterable
from typing import NamedTuple

from market_data.market.candles import INTERVALS

TRADES = "trades"
BBO = "bbo"
L2_UPDATES = "l2_updates"
BOOK = "book"
TICKER = "ticker"
HEARTBEAT = "heartbeat"
CANDLES = {f"candles_{interval}": interval for interval in INTERVALS}
"""Channel to interval."""

DEFAULT_CHANNELS = (TRADES, BBO, L2_UPDATES)
CHANNELS = (*DEFAULT_CHANNELS, BOOK, TICKER, *CANDLES, HEARTBEAT)

EVERY_SYMBOL = "*"
"""The symbol of a channel whose messages are about all symbols."""


class Stream(NamedTuple):
    """One channel of one symbol."""

    channel: str
    symbol: str


HEARTBEAT_STREAM = Stream(HEARTBEAT, EVERY_SYMBOL)


def select_streams(channels: Iterable[str], symbols: Iterable[str]) -> list[Stream]:
    """Return every stream of these channels and symbols, channel by channel."""
    listed = list(symbols)
    return [
        Stream(channel, symbol)
        for channel in channels
        for symbol in ([EVERY_SYMBOL] if channel == HEARTBEAT else listed)
    ]


def group_by_channel(streams: Iterable[Stream]) -> dict[str, list[str]]:
    """Return channel to symbols, both sorted."""
    grouped: dict[str, list[str]] = {}
    for channel, symbol in sorted(streams):
        grouped.setdefault(channel, []).append(symbol)
    return grouped
