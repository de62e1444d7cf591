"""What is known of every symbol: book, BBO and recent trades, built from events alone."""

from collections import deque
from collections.abc import Iterable, Mapping

from market_data.book_view import BookView
from market_data.broken_event import BrokenEvent
from market_data.delta_ring import DeltaRing
from market_data.grid import read_steps
from protocol.events import Bbo, L2Delta, PublicEvent, Trade
from protocol.instrument import Instrument
from protocol.snapshot import BookSnapshot, Snapshot
from protocol.timestamps import format_timestamp

TRADES_KEPT = 5_000
"""Recent trades that a symbol remembers; the oldest goes first."""


class SymbolView:
    """One symbol. `timestamp` is that of the book's last change, None before the first."""

    __slots__ = ("_instrument", "bbo", "book", "deltas", "last_trade_id", "timestamp", "trades")

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self.book = BookView(instrument)
        self.deltas = DeltaRing(instrument.symbol)
        self.bbo: Bbo | None = None
        self.trades: deque[Trade] = deque(maxlen=TRADES_KEPT)
        self.last_trade_id = 0
        self.timestamp: str | None = None

    def apply(self, event: PublicEvent) -> None:
        """Take the next event; raises BrokenEvent, with nothing changed, for an impossible one."""
        if isinstance(event, Trade):
            self._apply_trade(event)
        elif isinstance(event, L2Delta):
            self.book.apply(event)
            self.deltas.append(event)
            self.timestamp = event.timestamp
        else:
            self._apply_bbo(event)

    def restore(self, snapshot: BookSnapshot, timestamp: str) -> None:
        """Fill a new view; its recent trades are those after the snapshot."""
        self.book.restore(snapshot.last_update_id, snapshot.bids, snapshot.asks)
        self.last_trade_id = snapshot.last_trade_id
        if snapshot.last_update_id:
            self.timestamp = timestamp
            self.bbo = self._derive_bbo(timestamp)

    def trades_before(self, trade_id: int | None, limit: int) -> list[Trade]:
        """The newest `limit` remembered trades with an id below `trade_id`, newest first."""
        newest = len(self.trades)
        if trade_id is not None:
            newest -= max(0, min(newest, self.last_trade_id - trade_id + 1))
        return [self.trades[index] for index in range(newest - 1, max(0, newest - limit) - 1, -1)]

    def trades_after(self, trade_id: int) -> list[Trade]:
        """The remembered trades with an id above `trade_id`, oldest first."""
        return self.trades_before(None, max(0, self.last_trade_id - trade_id))[::-1]

    def _apply_trade(self, trade: Trade) -> None:
        if trade.trade_id != self.last_trade_id + 1:
            raise BrokenEvent(
                f"{trade.symbol}: trade {trade.trade_id} does not follow {self.last_trade_id}"
            )
        read_steps(trade.price, self._instrument.tick)
        read_steps(trade.quantity, self._instrument.lot)
        self.trades.append(trade)
        self.last_trade_id = trade.trade_id

    def _derive_bbo(self, timestamp: str) -> Bbo:
        bid, bid_quantity = next(iter(self.book.bids.top(1)), (None, None))
        ask, ask_quantity = next(iter(self.book.asks.top(1)), (None, None))
        return Bbo(
            self._instrument.symbol, bid, bid_quantity, ask, ask_quantity,
            self.book.last_update_id, timestamp,
        )  # fmt: skip

    def _apply_bbo(self, bbo: Bbo) -> None:
        for price, quantity in ((bbo.bid, bbo.bid_quantity), (bbo.ask, bbo.ask_quantity)):
            if price is not None and quantity is not None:
                read_steps(price, self._instrument.tick)
                read_steps(quantity, self._instrument.lot)
            elif price is not quantity:
                raise BrokenEvent(f"{bbo.symbol}: a price without a quantity")
        self.bbo = bbo


class Market:
    """Every symbol. `is_complete` says that all up to some commit is in, and nothing after."""

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self._instruments = instruments
        self.symbols = list(instruments)
        self.is_complete = False
        self._views = self._create_views()

    def __getitem__(self, symbol: str) -> SymbolView:
        return self._views[symbol]

    def views(self) -> Iterable[tuple[str, SymbolView]]:
        """Every symbol with what is known of it."""
        return self._views.items()

    def clear(self) -> None:
        """Forget everything: the state will be built anew."""
        self.is_complete = False
        self._views = self._create_views()

    def restore(self, snapshot: Snapshot) -> None:
        """Fill an empty market; raises BrokenEvent where the snapshot is not of these symbols."""
        timestamp = format_timestamp(snapshot.timestamp)
        for book in snapshot.books:
            if (view := self._views.get(book.symbol)) is None:
                raise BrokenEvent(f"unknown symbol {book.symbol!r:.60}")
            view.restore(book, timestamp)

    def apply(self, event: PublicEvent) -> None:
        """Take the next event; raises BrokenEvent, with nothing changed, for an impossible one."""
        view = self._views.get(event.symbol)
        if view is None:
            raise BrokenEvent(f"unknown symbol {event.symbol!r:.60}")
        view.apply(event)

    def _create_views(self) -> dict[str, SymbolView]:
        return {symbol: SymbolView(each) for symbol, each in self._instruments.items()}
