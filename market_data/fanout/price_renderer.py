"""Tickers and candles as clients get them."""

from market_data.fanout.messages import Envelope, encode_frame
from market_data.fanout.streams import CANDLES, Stream
from market_data.market.candles import CANDLES_KEPT, Candle
from market_data.market.market import Market


class PriceRenderer:
    """Encodes tickers and candles. Of what begins after `open_starts` readers know nothing yet."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self.open_starts: dict[Stream, int] = {}
        """Where the candle begins that was last told as open."""

    def render_ticker(self, symbol: str) -> bytes:
        """Message `ticker`."""
        prices = self._market[symbol].prices
        return encode_frame(Envelope("ticker", prices.describe_ticker(self._market.now)))

    def render_candles(self, stream: Stream, start: int | None = None) -> bytes | None:
        """Messages `candle` from `start` on, or only the open one; None where there is none."""
        series = self._market[stream.symbol].prices.series[CANDLES[stream.channel]]
        open_start = self.open_starts.get(stream, series.align(self._market.now))
        first = max(start or open_start, open_start - CANDLES_KEPT * series.step)
        candles = series.list_filled(first, open_start + series.step)
        frames = (self.render_candle(stream, each, open_start) for each in candles)
        return b"".join(frames) or None

    def render_candle(self, stream: Stream, candle: Candle, open_start: int) -> bytes:
        """Message `candle`; it is closed where it begins before `open_start`."""
        prices = self._market[stream.symbol].prices
        values = {
            "symbol": stream.symbol,
            "interval": CANDLES[stream.channel],
            **prices.describe_candle(candle),
            "is_closed": candle.start < open_start,
        }
        return encode_frame(Envelope("candle", values))
