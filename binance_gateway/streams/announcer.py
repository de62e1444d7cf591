"""Publishes events as they come: trades, aggregates, best prices; collects changes of books."""

from collections.abc import Callable
from functools import partial

from binance_gateway.market.aggregates import aggregate
from binance_gateway.market.board import Board, Listing
from binance_gateway.streams.depth_announcer import DepthAnnouncer
from binance_gateway.streams.payloads import (
    describe_aggregate,
    describe_book_ticker,
    describe_trade,
)
from binance_gateway.streams.publisher import Publisher
from protocol.events import Bbo, L2Delta, PublicEvent, Trade

EVERY_BEST = "!bookTicker"


class Announcer:
    """The feed's `MarketListener` that publishes on streams.

    `close_all` is called when what readers have is void: nothing in a stream could say so.
    """

    def __init__(
        self,
        board: Board,
        publisher: Publisher,
        depth: DepthAnnouncer,
        close_all: Callable[[], None],
    ) -> None:
        self._board = board
        self._publisher = publisher
        self._depth = depth
        self._close_all = close_all
        self._trades: list[Trade] = []
        """Those of the message that is being announced."""

    def announce(self, event: PublicEvent) -> None:
        """Publish an event that is already in the market."""
        listing = self._board.find_symbol(event.symbol)
        if listing is None:
            return
        if isinstance(event, Trade):
            self._announce_trade(event, listing)
        elif isinstance(event, L2Delta):
            self._depth.add(listing.name, event)
        else:
            self._announce_best(event, listing)

    def end_message(self) -> None:
        """Publish the aggregates of the message's trades."""
        trades, self._trades = self._trades, []
        if trades:
            self._announce_aggregates(trades)

    def note_rebuild(self, is_same_exchange: bool) -> None:  # noqa: ARG002 - ids jump in both cases
        """Close every connection: the book will be another one."""
        self._trades.clear()
        self._depth.clear()
        self._close_all()

    def announce_rebuild(self) -> None:
        """Do nothing: nobody has been told anything yet."""

    def _announce_trade(self, trade: Trade, listing: Listing) -> None:
        name = f"{listing.name.lower()}@trade"
        if self._publisher.has_readers(name):
            now = self._board.market.clock.now()
            self._publisher.publish(name, partial(describe_trade, trade, listing.texts, now))
        self._trades.append(trade)

    def _announce_best(self, bbo: Bbo, listing: Listing) -> None:
        def describe(_unit: int) -> object:
            return describe_book_ticker(bbo, listing.texts)

        self._publisher.publish(f"{listing.name.lower()}@bookTicker", describe)
        self._publisher.publish(EVERY_BEST, describe)

    def _announce_aggregates(self, trades: list[Trade]) -> None:
        now = self._board.market.clock.now()
        for symbol in dict.fromkeys(trade.symbol for trade in trades):
            listing = self._board.find_symbol(symbol)
            if listing is None or not self._publisher.has_readers(
                name := f"{listing.name.lower()}@aggTrade"
            ):
                continue
            of_symbol = [trade for trade in trades if trade.symbol == symbol]
            for each in aggregate(of_symbol, listing.texts.lot):
                describe = partial(describe_aggregate, each, listing.texts, now)
                self._publisher.publish(name, describe)
