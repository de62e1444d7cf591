"""Publishes what the feed has applied to the market, each message encoded once."""

from market_data.fanout.book_renderer import encode_bbo, encode_book_delta, encode_l2_update
from market_data.fanout.hub import Hub
from market_data.fanout.messages import Message
from market_data.fanout.price_announcer import PriceAnnouncer
from market_data.fanout.state_renderer import StateRenderer
from market_data.fanout.streams import BBO, BOOK, HEARTBEAT_STREAM, L2_UPDATES, TRADES, Stream
from market_data.market.market import Market
from protocol.events import L2Delta, PublicEvent, Trade


class Announcer:
    """The `MarketListener` of one shard's feed that publishes on the hub."""

    def __init__(
        self, market: Market, hub: Hub, renderer: StateRenderer, prices: PriceAnnouncer
    ) -> None:
        self._market = market
        self._hub = hub
        self._renderer = renderer
        self._prices = prices
        self._told: dict[str, int] = {}
        self._told_of: str | None = None
        self._is_same_exchange = True

    def announce(self, event: PublicEvent) -> None:
        """Publish an event that is already in the market."""
        if isinstance(event, Trade):
            self._announce_trade(event)
        elif isinstance(event, L2Delta):
            self._announce_delta(event)
        else:
            stream = Stream(BBO, event.symbol)
            self._hub.publish(Message(stream, encode_bbo(event.symbol, self._market[event.symbol])))

    def end_message(self) -> None:
        """Do nothing: no message to readers tells of more than one event."""

    def note_rebuild(self, is_same_exchange: bool) -> None:
        """Note which trades readers know, before the market is emptied."""
        self._is_same_exchange = is_same_exchange
        self._told_of = self._market.exchange_id
        self._told = {symbol: view.last_trade_id for symbol, view in self._market.views()}

    def announce_rebuild(self) -> None:
        """Publish the whole state, because what readers have may be void, and the new trades.

        The heartbeat comes first: its `exchange_id` tells readers if all that follows is another
        exchange's. That may have turned out only after `note_rebuild`; then every trade is new.
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
        self._prices.start_over(self._market, self._is_same_exchange)
        self._told = {}

    def announce_heartbeat(self) -> None:
        """Publish a heartbeat."""
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
