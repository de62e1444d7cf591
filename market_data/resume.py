"""What a client that comes back has missed."""

from typing import Any

import msgspec

from market_data.announcer import StateRenderer, encode_book_delta
from market_data.connection import FeedConnection
from market_data.history import History
from market_data.hub import Hub
from market_data.market import Market, SymbolView
from market_data.messages import Envelope, TradesMissing, encode_frame
from market_data.streams import BOOK, Stream
from market_data.subscriber import Subscriber

MOST_TRADES = 50_000
"""Trades of a symbol that are sent again; of those before, only that they are missing."""
TRADES_A_PAGE = 1_000


class Resume:
    """Brings one client back to one symbol's stream. The market is complete when it begins."""

    def __init__(
        self, hub: Hub, renderer: StateRenderer, market: Market, history: History | None
    ) -> None:
        self._hub = hub
        self._renderer = renderer
        self._market = market
        self._history = history

    async def run(
        self,
        subscriber: Subscriber,
        connection: FeedConnection,
        stream: Stream,
        last_id: int | None,
    ) -> None:
        """Send what came after `last_id`, and from there on what is live.

        None: the client's ids are of another exchange, so that all of this one is new to it.
        """
        if stream.channel == BOOK:
            self._hub.join(subscriber, stream, self._render_book(stream.symbol, last_id))
            return
        position = self._skip(subscriber, stream.symbol, last_id or 0)
        while subscriber.is_open and self._market.is_complete:
            view = self._market[stream.symbol]
            if position + 1 >= view.first_trade_id:
                self._hub.join(subscriber, stream, _encode_trades(view, position))
                return
            position = await self._send_archived(subscriber, view, position)
            await connection.drain()
        connection.end(1013, "not in sync: resume again")

    def _render_book(self, symbol: str, last_id: int | None) -> bytes | None:
        self._hub.flush()
        if last_id is None:
            return self._renderer.render_snapshot(symbol, "rebuilt")
        view = self._market[symbol]
        if last_id == view.book.last_update_id:
            return None
        delta = view.deltas.merge_from(last_id + 1)
        if delta is None:
            return self._renderer.render_snapshot(symbol, "resumed")
        return encode_book_delta(delta, view.book.checksum())

    def _skip(self, subscriber: Subscriber, symbol: str, last_id: int) -> int:
        position = max(last_id, self._market[symbol].last_trade_id - MOST_TRADES)
        self._say_missing(subscriber, symbol, last_id + 1, position)
        return position

    async def _send_archived(self, subscriber: Subscriber, view: SymbolView, position: int) -> int:
        """Send a page of the archive; where it has none, go to the first trade in memory."""
        symbol = view.instrument.symbol
        page = None
        if self._history is not None:
            page = await self._history.list_trades_after(symbol, position, TRADES_A_PAGE)
        trades = [trade for trade in page or [] if trade.trade_id < view.first_trade_id]
        following = trades[0].trade_id if trades else view.first_trade_id
        self._say_missing(subscriber, symbol, position + 1, following - 1)
        if subscriber.is_open and trades:
            subscriber.write(b"".join(map(_encode_trade, trades)))
        return trades[-1].trade_id if trades else following - 1

    @staticmethod
    def _say_missing(subscriber: Subscriber, symbol: str, first: int, last: int) -> None:
        if first <= last and subscriber.is_open:
            subscriber.write(encode_frame(TradesMissing(symbol, first, last)))


def _encode_trades(view: SymbolView, position: int) -> bytes | None:
    return b"".join(map(_encode_trade, view.trades_after(position))) or None


def _encode_trade(trade: Any) -> bytes:
    return encode_frame(Envelope("trade", msgspec.structs.asdict(trade)))
