"""Tickers and candles as clients get them: the open ones now and then, every closed one once."""

from market_data.fanout.hub import Hub
from market_data.fanout.messages import Envelope, encode_frame
from market_data.fanout.streams import CANDLES, TICKER, Stream
from market_data.fanout.subscriber import Message
from market_data.market.candles import CANDLES_KEPT, Candle
from market_data.market.market import Market
from market_data.market.price_history import PriceHistory


class PriceRenderer:
    """Encodes tickers and candles. Of what begins after `open_starts` readers know nothing yet."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self.open_starts: dict[Stream, int] = {}
        """Where the candle begins that was last told as open."""

    def render_ticker(self, symbol: str) -> bytes:
        """Message `ticker`."""
        history = self._market[symbol].history
        return encode_frame(Envelope("ticker", history.describe_ticker(self._market.now)))

    def render_candles(self, stream: Stream, start: int | None = None) -> bytes | None:
        """Messages `candle` from `start` on, or only the open one; None where there is none."""
        series = self._market[stream.symbol].history.series[CANDLES[stream.channel]]
        open_start = self.open_starts.get(stream, series.align(self._market.now))
        first = max(start or open_start, open_start - CANDLES_KEPT * series.step)
        candles = series.list_filled(first, open_start + series.step)
        frames = (self.render_candle(stream, each, open_start) for each in candles)
        return b"".join(frames) or None

    def render_candle(self, stream: Stream, candle: Candle, open_start: int) -> bytes:
        """Message `candle`; it is closed where it begins before `open_start`."""
        history = self._market[stream.symbol].history
        values = {
            "symbol": stream.symbol,
            "interval": CANDLES[stream.channel],
            **history.describe_candle(candle),
            "is_closed": candle.start < open_start,
        }
        return encode_frame(Envelope("candle", values))


class PriceAnnouncer:
    """Publishes on the hub, when told to, what is new since the last time."""

    def __init__(self, market: Market, hub: Hub, renderer: PriceRenderer) -> None:
        self._market = market
        self._hub = hub
        self._renderer = renderer
        self._told_tickers: dict[str, object] = {}

    def announce(self) -> None:
        """Tell everyone of tickers and candles that have changed."""
        now = self._market.now
        if not self._market.is_complete:
            return
        for symbol, view in self._market.views():
            self._announce_ticker(symbol, view.history, now)
            for channel in CANDLES:
                self._announce_candles(Stream(channel, symbol), now)

    def start_over(self, is_same_exchange: bool) -> None:
        """The market was built anew: of the same trades, or of other ones."""
        if not is_same_exchange:
            self._renderer.open_starts.clear()
        self._told_tickers.clear()
        for _, view in self._market.views():
            for series in view.history.series.values():
                series.changed_from = None

    def _announce_ticker(self, symbol: str, history: PriceHistory, now: int) -> None:
        minutes = history.series["1m"]
        state = (minutes.align(now), minutes.since, history.last_timestamp)
        if self._told_tickers.get(symbol) == state and minutes.changed_from is None:
            return
        self._told_tickers[symbol] = state
        if self._hub.has_readers(stream := Stream(TICKER, symbol)):
            self._hub.publish(Message(stream, self._renderer.render_ticker(symbol)))

    def _announce_candles(self, stream: Stream, now: int) -> None:
        series = self._market[stream.symbol].history.series[CANDLES[stream.channel]]
        told, starts = series.align(now), self._renderer.open_starts
        previous = starts.get(stream, told)
        changed, series.changed_from = series.changed_from, None
        if changed is None and previous >= told:
            return
        starts[stream] = told = max(told, previous)
        if self._hub.has_readers(stream):
            first = max(min(changed or previous, previous), told - CANDLES_KEPT * series.step)
            for candle in series.list_filled(first, told + series.step):
                frame = self._renderer.render_candle(stream, candle, told)
                self._hub.publish(Message(stream, frame, candle.start))
