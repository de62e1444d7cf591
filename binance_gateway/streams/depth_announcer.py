"""Publishes what has changed in books, in windows of 100 and 1000 ms that all readers share."""

from functools import partial

from binance_gateway.market.board import Board, Listing
from binance_gateway.market.diffs import DiffWindow
from binance_gateway.streams.names import DEPTH_LEVELS
from binance_gateway.streams.payloads import describe_depth, describe_diff
from binance_gateway.streams.publisher import Publisher
from protocol.events import L2Delta

TURNS_A_SECOND = 10


class DepthAnnouncer:
    """Collects changes always, so that no window begins in the midst of one."""

    def __init__(self, board: Board, publisher: Publisher) -> None:
        self._board = board
        self._publisher = publisher
        self._short = {listing.name: DiffWindow() for listing in board}
        self._long = {listing.name: DiffWindow() for listing in board}
        self._told: dict[str, int] = {}
        """The book's update id that a partial stream has told last."""

    def add(self, name: str, delta: L2Delta) -> None:
        """Take a change of the book of `name`."""
        self._short[name].add(delta)

    def clear(self) -> None:
        """Forget what was collected and told."""
        for window in (*self._short.values(), *self._long.values()):
            window.clear()
        self._told.clear()

    def note_reader(self, name: str) -> None:
        """Let a partial stream tell its state again: somebody has begun to read it."""
        self._told.pop(name, None)

    def announce(self, *, is_second: bool) -> None:
        """Publish the windows of 100 ms, and at the end of a second those of 1000 ms."""
        for listing in self._board:
            symbol = listing.name.lower()
            self._announce_diff(listing, f"{symbol}@depth@100ms", self._short, self._long)
            self._announce_partial(listing, "@100ms")
            if is_second:
                self._announce_diff(listing, f"{symbol}@depth", self._long, None)
                self._announce_partial(listing, "")

    def _announce_diff(
        self,
        listing: Listing,
        name: str,
        windows: dict[str, DiffWindow],
        longer: dict[str, DiffWindow] | None,
    ) -> None:
        diff = windows[listing.name].take()
        if diff is None:
            return
        if longer is not None:
            longer[listing.name].add(diff)
        if self._publisher.has_readers(name):
            describe = partial(describe_diff, diff, listing.texts, self._board.market.clock.now())
            self._publisher.publish(name, describe)

    def _announce_partial(self, listing: Listing, speed: str) -> None:
        at = listing.view.book.last_update_id
        for levels in DEPTH_LEVELS:
            name = f"{listing.name.lower()}@depth{levels}{speed}"
            if self._told.get(name) != at and self._publisher.has_readers(name):
                self._told[name] = at
                self._publisher.publish(name, partial(describe_depth, listing, levels))
