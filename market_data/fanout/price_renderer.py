"""Tickers and candles as clients get them."""

from market_data.fanout.messages import Envelope, encode_frame
from market_data.fanout.streams import CANDLES, Stream
from market_data.market.candles import CANDLES_KEPT, Candle
from market_data.market.whole_market import AnyMarket


class PriceRenderer:
    """Encodes tickers and candles.

    A candle is open for readers from the moment it was announced as such until the next one is:
    what is rendered here never runs ahead of what was announced.
    """

    def __init__(self, market: AnyMarket) -> None:
        self._market = market
        self.open_starts: dict[Stream, int] = {}
        """Start of the candle that was last announced as open."""

    def render_ticker(self, symbol: str) -> bytes:
        """Return message `ticker`."""
        prices = self._market[symbol].prices
        return encode_frame(Envelope("ticker", prices.describe_ticker(self._market.now)))

    def render_candles(self, stream: Stream, start: int | None = None) -> bytes | None:
        """Return messages `candle` from `start` on, or only the open one; None if there is none."""
        series = self._market[stream.symbol].prices.series[CANDLES[stream.channel]]
        open_start = self.open_starts.get(stream, series.align(self._market.now))
        first = max(start or open_start, open_start - CANDLES_KEPT * series.step)
        candles = series.list_filled(first, open_start + series.step)
        frames = (self.render_candle(stream, each, open_start) for each in candles)
        return b"".join(frames) or None

    def render_candle(self, stream: Stream, candle: Candle, open_start: int) -> bytes:
        """Return message `candle`; it is closed if it begins before `open_start`."""
        prices = self._market[stream.symbol].prices
        values = {
            "symbol": stream.symbol,
            "interval": CANDLES[stream.channel],
            **prices.describe_candle(candle),
            "is_closed": candle.start < open_start,
        }
        return encode_frame(Envelope("candle", values))
