"""Sends a client that comes back what it has missed."""

import asyncio
from typing import NamedTuple

from market_data.fanout.book_renderer import encode_book_delta
from market_data.fanout.hub import Hub
from market_data.fanout.messages import TradesMissing, encode_frame
from market_data.fanout.nonblocking_websocket import NonblockingWebSocket
from market_data.fanout.state_renderer import StateRenderer
from market_data.fanout.streams import BOOK, Stream
from market_data.fanout.subscriber import Subscriber
from market_data.fanout.trade_renderer import encode_trade
from market_data.history.async_archive import AsyncArchive
from market_data.market.market import SymbolView
from market_data.market.whole_market import AnyMarket
from market_data.sessions.resume_budget import ResumeBudget

MAX_TRADES = 50_000
"""Trades of a symbol that are sent again; older ones are only said to be missing."""
TRADES_A_PAGE = 1_000
"""Trades that are sent before other clients have their turn."""


class ReturningClient(NamedTuple):
    """The client of a resume, and how many trades it may still have."""

    subscriber: Subscriber
    connection: NonblockingWebSocket
    budget: ResumeBudget

    def write(self, frames: bytes) -> None:
        """Send `frames`, unless there are none or the client is gone."""
        if frames and self.subscriber.is_open:
            self.subscriber.write(frames)

    def say_missing(self, symbol: str, first: int, last: int) -> None:
        """Say that the trades `first` to `last` are held nowhere; nothing if there are none."""
        if first <= last:
            self.write(encode_frame(TradesMissing(symbol, first, last)))


class Resume:
    """Brings one client back to one stream. The market must be complete when it begins."""

    def __init__(
        self, hub: Hub, renderer: StateRenderer, market: AnyMarket, archive: AsyncArchive | None
    ) -> None:
        self._hub = hub
        self._renderer = renderer
        self._market = market
        self._archive = archive

    async def run(self, client: ReturningClient, stream: Stream, last_id: int | None) -> None:
        """Send what came after `last_id`, then subscribe the client to what is live.

        None: the client's ids are of another exchange, so everything is new to it. If the market is
        built anew meanwhile, the connection is closed.
        """
        if stream.channel == BOOK:
            self._hub.join(client.subscriber, stream, self._render_book(stream.symbol, last_id))
            return
        exchange_id = self._market.exchange_id
        position = self._skip(client, stream.symbol, last_id or 0)
        while client.subscriber.is_open and self._is_still(exchange_id):
            view = self._market[stream.symbol]
            if position + TRADES_A_PAGE >= view.last_trade_id and self._holds(view, position):
                frames = self._render_held(client, view, position)
                self._hub.join(client.subscriber, stream, frames or None)
                return
            position = await self._send_page(client, view, position)
            await asyncio.sleep(0)
            await client.connection.drain()
        client.connection.end(1013, "not in sync: resume again")

    def _is_still(self, exchange_id: str | None) -> bool:
        return self._market.is_complete and self._market.exchange_id == exchange_id

    @staticmethod
    def _holds(view: SymbolView, position: int) -> bool:
        return position + 1 >= view.first_trade_id

    async def _send_page(self, client: ReturningClient, view: SymbolView, position: int) -> int:
        """Send the next trades; return the id of the last one."""
        if not self._holds(view, position):
            return await self._send_archived(client, view, position)
        client.write(self._render_held(client, view, position))
        return min(position + TRADES_A_PAGE, view.last_trade_id)

    def _render_held(self, client: ReturningClient, view: SymbolView, position: int) -> bytes:
        trades = view.next_trades(position, TRADES_A_PAGE)
        client.budget.charge(len(trades))
        return b"".join(map(self._renderer.trades.render, trades))

    def _render_book(self, symbol: str, last_id: int | None) -> bytes | None:
        self._hub.flush()
        if last_id is None:
            return self._renderer.books.render(symbol, "rebuilt")
        view = self._market[symbol]
        if last_id == view.book.last_update_id:
            return None
        delta = view.deltas.merge_from(last_id + 1)
        if delta is None:
            return self._renderer.books.render(symbol, "resumed")
        return encode_book_delta(delta, view.book.checksum())

    def _skip(self, client: ReturningClient, symbol: str, last_id: int) -> int:
        position = max(last_id, self._market[symbol].last_trade_id - MAX_TRADES)
        client.say_missing(symbol, last_id + 1, position)
        return position

    async def _send_archived(self, client: ReturningClient, view: SymbolView, position: int) -> int:
        """Send a page of the archive; if it has none, skip to the first trade in memory."""
        symbol = view.instrument.symbol
        page = None
        if self._archive is not None:
            page = await self._archive.list_trades_after(symbol, position, TRADES_A_PAGE)
        trades = [trade for trade in page or [] if trade.trade_id < view.first_trade_id]
        following = trades[0].trade_id if trades else view.first_trade_id
        client.say_missing(symbol, position + 1, following - 1)
        client.budget.charge(len(trades))
        client.write(b"".join(map(encode_trade, trades)))
        return trades[-1].trade_id if trades else following - 1
