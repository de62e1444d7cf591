"""The feed's best prices, tickers and candles, as a reader has them: the newest of each."""

from collections.abc import Sequence

import msgspec

from goquant.client.book import Json
from goquant.client.connection import SYMBOLS_A_FRAME, StreamConnection
from goquant.client.prices import INTERVALS, BestPrices, Candle, Ticker

PRICE_CHANNELS = ("bbo", "ticker", *(f"candles_{interval}" for interval in INTERVALS))


class PriceStreams:
    """What came on `channels`; raises ValueError for a channel that is none of these."""

    def __init__(self, channels: Sequence[str]) -> None:
        if unknown := set(channels) - set(PRICE_CHANNELS):
            names = ", ".join(sorted(unknown))
            raise ValueError(f"no such channels: {names}; there are {', '.join(PRICE_CHANNELS)}")
        self.bbos: dict[str, BestPrices] = {}
        self.tickers: dict[str, Ticker] = {}
        self.candles: dict[tuple[str, str], Candle] = {}
        self._channels = list(channels)

    async def subscribe(self, connection: StreamConnection, symbols: Sequence[str]) -> None:
        """Ask for the channels, which begin with the present state."""
        if not self._channels:
            return
        for first in range(0, len(symbols), SYMBOLS_A_FRAME):
            some = symbols[first : first + SYMBOLS_A_FRAME]
            await connection.send("subscribe", channels=self._channels, symbols=some)

    def take(self, message: Json) -> bool:
        """Take a message, and return whether it was one of these channels."""
        kind = message["type"]
        if kind not in {"bbo", "ticker", "candle"}:
            return False
        value = message["data"]
        symbol = value["symbol"]
        if kind == "bbo":
            self.bbos[symbol] = msgspec.convert(value, BestPrices)
        elif kind == "ticker":
            self.tickers[symbol] = msgspec.convert(value, Ticker)
        else:
            self.candles[symbol, value["interval"]] = msgspec.convert(value, Candle)
        return True

    def forget(self) -> None:
        """Drop everything: it is of another exchange."""
        self.bbos.clear()
        self.tickers.clear()
        self.candles.clear()
