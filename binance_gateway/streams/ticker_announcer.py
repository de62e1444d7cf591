"""Publishes tickers and averages once a second, those that have changed."""

from collections.abc import Callable, Hashable
from functools import partial

from binance_gateway.market.board import Board, Listing
from binance_gateway.market.figures import DAY, MINUTE, Figures
from binance_gateway.streams.names import ARRAYS, EVERY_SYMBOL, WINDOWS, Kind, parse_name
from binance_gateway.streams.payloads import (
    Payload,
    describe_average,
    describe_mini_ticker,
    describe_reference,
    describe_ticker,
    describe_window_ticker,
)
from binance_gateway.streams.publisher import Publisher
from protocol.timestamps import now_in_microseconds

_Describe = Callable[[int], Payload]
_KINDS = frozenset({"ticker", "miniTicker", "window", "avgPrice", "referencePrice"})


class TickerAnnouncer:
    """Remembers of each stream what it has told of each symbol."""

    def __init__(self, board: Board, publisher: Publisher) -> None:
        self._board = board
        self._publisher = publisher
        self._told: dict[tuple[str, str], Hashable] = {}

    def note_reader(self, name: str) -> None:
        """Let a stream tell its state again: somebody has begun to read it."""
        for listing in self._board:
            self._told.pop((name, listing.name), None)

    def announce(self) -> None:
        """Publish what has changed since the last call."""
        now = self._board.market.now
        for name in sorted(self._publisher.list_read_names()):
            parsed = parse_name(name)
            if parsed is None or parsed.kind.name not in _KINDS:
                continue
            if parsed.symbol == EVERY_SYMBOL:
                self._announce_all(name, parsed.kind, now)
            elif (listing := self._board.find(parsed.symbol)) is not None:
                self._announce(name, parsed.kind, listing, now)

    def _announce(self, name: str, kind: Kind, listing: Listing, now: int) -> None:
        if self._has_changed(name, kind, listing, now):
            self._publisher.publish(name, _choose(kind, listing, now))

    def _announce_all(self, name: str, kind: Kind, now: int) -> None:
        changed = [each for each in self._board if self._has_changed(name, kind, each, now)]
        if changed:
            describe = [_choose(kind, listing, now) for listing in changed]
            self._publisher.publish(name, lambda unit: [each(unit) for each in describe])

    def _has_changed(self, name: str, kind: Kind, listing: Listing, now: int) -> bool:
        state = _read_state(kind, listing, now)
        has_changed = self._told.get((name, listing.name)) != state
        self._told[name, listing.name] = state
        return has_changed


def _read_state(kind: Kind, listing: Listing, now: int) -> Hashable:
    """Return what decides of a stream's content, but for its times."""
    if kind.name == "referencePrice":
        return now_in_microseconds()
    view = listing.view
    traded = view.last_trade_id, view.prices.series["1m"].since
    if kind.name == "avgPrice":
        return listing.write_average(), view.last_trade_id
    if kind.name == "ticker":
        return *traded, now // MINUTE, view.bbo and view.bbo.update_id
    return *traded, now // MINUTE


def _choose(kind: Kind, listing: Listing, now: int) -> _Describe:
    sent = listing.read_clock()
    if kind.name == "avgPrice":
        return partial(describe_average, listing, sent)
    if kind.name == "referencePrice":
        return partial(describe_reference, listing, sent)
    if kind.name == "window":
        start = (now - WINDOWS[kind.detail]) // MINUTE * MINUTE
        figures = listing.read_window(start)
        return partial(describe_window_ticker, figures, kind.detail, listing.texts, start, sent)
    return _describe_day(kind, listing, listing.read_day(), sent)


def _describe_day(kind: Kind, listing: Listing, figures: Figures, sent: int) -> _Describe:
    if kind.name == "miniTicker":
        return partial(describe_mini_ticker, figures, listing.texts, sent)
    return partial(describe_ticker, figures, listing, sent - DAY, sent)


assert {kind.name for kind in ARRAYS.values()} - {"bookTicker"} <= _KINDS
