"""What a client gets of a stream before what is live: its state, or what the client missed."""

from market_data.fanout.book_renderer import (
    BookRenderer,
    encode_bbo,
    encode_book_delta,
    encode_l2_update,
)
from market_data.fanout.messages import Heartbeat, LastIds, encode_frame
from market_data.fanout.price_renderer import PriceRenderer
from market_data.fanout.streams import BBO, BOOK, CANDLES, HEARTBEAT, TICKER, TRADES, Stream
from market_data.fanout.trade_renderer import TradeRenderer
from market_data.market.market import SymbolView
from market_data.market.whole_market import AnyMarket, AnyStatus
from protocol.timestamps import format_timestamp


class StateRenderer:
    """Renders the present state of any stream."""

    def __init__(self, market: AnyMarket, status: AnyStatus) -> None:
        self._market = market
        self._status = status
        self.prices = PriceRenderer(market)
        self.books = BookRenderer(market)
        self.trades = TradeRenderer()

    def render(self, stream: Stream) -> bytes | None:
        """Return what a new subscriber of `stream` gets first.

        None if the stream has no state, or while the market is being built.
        """
        channel, symbol = stream
        if channel == HEARTBEAT:
            return self.render_heartbeat()
        if not self._market.is_known(symbol):
            return None
        return self._render_market(stream, self._market[symbol])

    def catch_up(self, stream: Stream, cursor: int) -> bytes | None:
        """Return what a client needs that has missed everything of `stream` from `cursor` on.

        Of the book that is one merged delta, or a snapshot if it has missed too much; of candles
        all that it has missed; of other streams the present state.
        """
        is_known = stream.channel != HEARTBEAT and self._market.is_known(stream.symbol)
        if is_known and stream.channel in CANDLES:
            return self.prices.render_candles(stream, cursor)
        if stream.channel != BOOK or not is_known:
            return self.render(stream)
        view = self._market[stream.symbol]
        delta = view.deltas.merge_from(cursor) if cursor else None
        if delta is None:
            return self.books.render(stream.symbol, "conflated" if cursor else "rebuilt")
        return encode_book_delta(delta, view.book.checksum())

    def render_heartbeat(self) -> bytes:
        """Return message `heartbeat`: the last ids of every symbol, and if the feed is in sync."""
        heartbeat = Heartbeat(
            timestamp=format_timestamp(self._market.clock.now()),
            in_sync=self._status.is_in_sync,
            exchange_id=self._market.exchange_id,
            sequence=self._status.sequence,
            symbols={
                symbol: LastIds(view.book.last_update_id, view.last_trade_id)
                for symbol, view in self._market.views()
            },
        )
        return encode_frame(heartbeat)

    def _render_market(self, stream: Stream, view: SymbolView) -> bytes | None:
        channel, symbol = stream
        if channel in CANDLES:
            return self.prices.render_candles(stream)
        if channel == TRADES:
            return None
        if channel == BOOK:
            return self.books.render(symbol, "subscribed")
        if channel == TICKER:
            return self.prices.render_ticker(symbol)
        return (encode_bbo if channel == BBO else encode_l2_update)(symbol, view)
