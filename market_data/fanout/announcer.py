"""Turns events into the messages that clients get, each encoded once."""

import msgspec

from market_data.fanout.book_renderer import BookRenderer
from market_data.fanout.hub import Hub
from market_data.fanout.messages import (
    BookDelta,
    Envelope,
    Heartbeat,
    LastIds,
    encode_frame,
)
from market_data.fanout.price_announcer import PriceAnnouncer, PriceRenderer
from market_data.fanout.streams import (
    BBO,
    BOOK,
    CANDLES,
    HEARTBEAT,
    HEARTBEAT_STREAM,
    L2_UPDATES,
    TICKER,
    TRADES,
    Stream,
)
from market_data.fanout.subscriber import Message
from market_data.fanout.trade_renderer import TradeRenderer
from market_data.market.feed_status import FeedStatus
from market_data.market.market import Market, SymbolView
from protocol.events import Bbo, L2Delta, PublicEvent, Trade
from protocol.timestamps import format_timestamp, now_in_microseconds

L2_DEPTH = 10


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


class Announcer:
    """Publishes on the hub what the feed has applied to the market."""

    def __init__(self, market: Market, hub: Hub, renderer: StateRenderer) -> None:
        self._market = market
        self._hub = hub
        self._renderer = renderer
        self.prices = PriceAnnouncer(market, hub, renderer.prices)
        self._told: dict[str, int] = {}
        self._told_of: str | None = None
        self._is_same_exchange = True

    def announce(self, event: PublicEvent) -> None:
        """Tell everyone of an event that is already in the market."""
        if isinstance(event, Trade):
            self._announce_trade(event)
        elif isinstance(event, L2Delta):
            self._announce_delta(event)
        else:
            stream = Stream(BBO, event.symbol)
            self._hub.publish(Message(stream, encode_bbo(event.symbol, self._market[event.symbol])))

    def note_told(self, is_same_exchange: bool) -> None:
        """Note, before a rebuild, which trades everyone knows; of another exchange that is none."""
        self._is_same_exchange = is_same_exchange
        self._told_of = self._market.exchange_id
        self._told = {symbol: view.last_trade_id for symbol, view in self._market.views()}

    def announce_rebuild(self) -> None:
        """Tell everyone the whole state, because what they have may be void, and new trades.

        The heartbeat comes first: it says whether all that follows is of another exchange. That it
        is may have turned out only since `note_told`.
        """
        if not self._is_same_exchange or self._told_of not in (None, self._market.exchange_id):
            self._is_same_exchange = False
            self._told = dict.fromkeys(self._told, 0)
        self.announce_heartbeat()
        for symbol, view in self._market.views():
            for trade in view.trades_after(self._told.get(symbol, view.last_trade_id)):
                self._announce_trade(trade)
            self._hub.publish(Message(Stream(BBO, symbol), encode_bbo(symbol, view)))
            self._hub.publish(Message(Stream(L2_UPDATES, symbol), encode_l2_update(symbol, view)))
            if self._hub.has_readers(book := Stream(BOOK, symbol)):
                snapshot = self._renderer.books.render(symbol, "rebuilt")
                self._hub.publish(Message(book, snapshot))
        self.prices.start_over(self._is_same_exchange)
        self._told = {}

    def announce_heartbeat(self) -> None:
        """Tell everyone who asked that the service lives."""
        if self._hub.has_readers(HEARTBEAT_STREAM):
            self._hub.publish(Message(HEARTBEAT_STREAM, self._renderer.render_heartbeat()))

    def _announce_trade(self, trade: Trade) -> None:
        stream = Stream(TRADES, trade.symbol)
        if self._hub.has_readers(stream):
            self._hub.publish(Message(stream, self._renderer.trades.render(trade)))

    def _announce_delta(self, delta: L2Delta) -> None:
        symbol = delta.symbol
        view = self._market[symbol]
        if self._hub.has_readers(l2_updates := Stream(L2_UPDATES, symbol)):
            self._hub.publish(Message(l2_updates, encode_l2_update(symbol, view)))
        if self._hub.has_readers(book := Stream(BOOK, symbol)):
            frame = encode_book_delta(delta, view.book.checksum())
            self._hub.publish(Message(book, frame, delta.first_update_id))


def describe_bbo(symbol: str, view: SymbolView) -> dict[str, object]:
    """The newest BBO; all null, at update 0, before the first."""
    bbo = view.bbo
    if bbo is None:
        empty = dict.fromkeys(Bbo.__struct_fields__)
        return {**empty, "symbol": symbol, "update_id": view.book.last_update_id}
    return msgspec.structs.asdict(bbo)


def encode_bbo(symbol: str, view: SymbolView) -> bytes:
    """Message `bbo`."""
    return encode_frame(Envelope("bbo", describe_bbo(symbol, view)))


def encode_l2_update(symbol: str, view: SymbolView) -> bytes:
    """Message `l2_update`: the top levels as they are."""
    book = view.book
    data = {
        "symbol": symbol,
        "timestamp": view.timestamp,
        "update_id": book.last_update_id,
        "bids": book.bids.top(L2_DEPTH),
        "asks": book.asks.top(L2_DEPTH),
    }
    return encode_frame(Envelope("l2_update", data))


def encode_book_delta(delta: L2Delta, checksum: int) -> bytes:
    """Message `book_delta`; `checksum` is that of the book after it."""
    message = BookDelta(
        symbol=delta.symbol,
        first_update_id=delta.first_update_id,
        last_update_id=delta.last_update_id,
        bids=delta.bids,
        asks=delta.asks,
        checksum=checksum,
        timestamp=delta.timestamp,
    )
    return encode_frame(message)
