"""The present state of any stream, encoded."""

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
from market_data.market.feed_status import FeedStatus
from market_data.market.market import Market, SymbolView
from protocol.timestamps import format_timestamp, now_in_microseconds


class StateRenderer:
    """The present state of any stream, encoded."""

    def __init__(self, market: Market, status: FeedStatus) -> None:
        self._market = market
        self._status = status
        self.prices = PriceRenderer(market)
        self.books = BookRenderer(market)
        self.trades = TradeRenderer()

    def render(self, stream: Stream) -> bytes | None:
        """What a new subscriber of `stream` gets first.

        None for a stream without a state, and as long as the market is being built.
        """
        channel, symbol = stream
        if channel == HEARTBEAT:
            return self.render_heartbeat()
        if not self._market.is_complete:
            return None
        return self._render_market(stream, self._market[symbol])

    def catch_up(self, stream: Stream, cursor: int) -> bytes | None:
        """The newest of `stream` for a client that has missed everything from `cursor` on.

        Of the book that is one merged delta, or a snapshot where it has missed too much; of candles
        all that it has missed.
        """
        if self._market.is_complete and stream.channel in CANDLES:
            return self.prices.render_candles(stream, cursor)
        if stream.channel != BOOK or not self._market.is_complete:
            return self.render(stream)
        view = self._market[stream.symbol]
        delta = view.deltas.merge_from(cursor) if cursor else None
        if delta is None:
            return self.books.render(stream.symbol, "conflated" if cursor else "rebuilt")
        return encode_book_delta(delta, view.book.checksum())

    def render_heartbeat(self) -> bytes:
        """Where every symbol stands, and whether the feed is to be believed."""
        heartbeat = Heartbeat(
            timestamp=format_timestamp(now_in_microseconds()),
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
