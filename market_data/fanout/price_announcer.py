"""Publishes tickers and candles that have changed, and every closed candle once."""

from market_data.fanout.hub import Hub
from market_data.fanout.messages import Message
from market_data.fanout.price_renderer import PriceRenderer
from market_data.fanout.streams import CANDLES, TICKER, Stream
from market_data.market.candles import CANDLES_KEPT
from market_data.market.market import Market
from market_data.market.prices import Prices
from market_data.market.whole_market import AnyMarket


class PriceAnnouncer:
    """Publishes on the hub what is new since the previous call."""

    def __init__(self, market: AnyMarket, hub: Hub, renderer: PriceRenderer) -> None:
        self._market = market
        self._hub = hub
        self._renderer = renderer
        self._told_tickers: dict[str, object] = {}

    def announce(self) -> None:
        """Publish the tickers and candles that have changed."""
        now = self._market.now
        if not self._market.is_complete:
            return
        for symbol, view in self._market.views():
            self._announce_ticker(symbol, view.prices, now)
            for channel in CANDLES:
                self._announce_candles(Stream(channel, symbol), now)

    def start_over(self, built: Market, is_same_exchange: bool) -> None:
        """Take what is `built` anew, from the same exchange's trades or from another's."""
        starts = self._renderer.open_starts
        for stream in [] if is_same_exchange else [*starts]:
            if stream.symbol in built.instruments:
                del starts[stream]
        for symbol, view in built.views():
            self._told_tickers.pop(symbol, None)
            for series in view.prices.series.values():
                series.changed_from = None

    def _announce_ticker(self, symbol: str, prices: Prices, now: int) -> None:
        minutes = prices.series["1m"]
        state = (minutes.align(now), minutes.since, prices.last_timestamp, prices.phase)
        if self._told_tickers.get(symbol) == state and minutes.changed_from is None:
            return
        self._told_tickers[symbol] = state
        if self._hub.has_readers(stream := Stream(TICKER, symbol)):
            self._hub.publish(Message(stream, self._renderer.render_ticker(symbol)))

    def _announce_candles(self, stream: Stream, now: int) -> None:
        series = self._market[stream.symbol].prices.series[CANDLES[stream.channel]]
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
