"""What is known of every symbol: book, BBO, trades, prices. Built from events alone."""

from collections import deque
from collections.abc import Iterable, Mapping
from functools import lru_cache

from market_data.market.book_view import BookView
from market_data.market.broken_event import BrokenEvent
from market_data.market.delta_ring import DeltaRing
from market_data.market.grid import read_steps
from market_data.market.prices import Prices
from protocol.enums import Phase, Side
from protocol.events import Bbo, L2Delta, PublicEvent, Trade
from protocol.exchange_clock import ExchangeTime
from protocol.instrument import Instrument
from protocol.machine_clocks import open_machine_clocks
from protocol.snapshot import BookSnapshot, Snapshot
from protocol.timestamps import format_timestamp, parse_timestamp

TRADES_KEPT = 5_000
"""Recent trades that a symbol remembers; the oldest goes first."""

_parse_timestamp = lru_cache(64)(parse_timestamp)  # the trades of a commit have one stamp


class SymbolView:
    """One symbol.

    `timestamp` is that of the book's last change, None before the first. If the view began with a
    snapshot, `unseen_trade_id` is the last trade before it and `unseen_until` its moment: what
    traded until then was not seen here. `unseen_until` is 0 if nothing is missing, or once the
    archive's candles have been put in front.
    """

    __slots__ = ("bbo", "book", "deltas", "instrument", "last_trade_id", "prices", "timestamp",
                 "trades", "unseen_trade_id", "unseen_until")  # fmt: skip

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.book = BookView(instrument)
        self.deltas = DeltaRing(instrument.symbol)
        self.bbo: Bbo | None = None
        self.trades: deque[Trade] = deque(maxlen=TRADES_KEPT)
        self.prices = Prices(instrument)
        self.last_trade_id = 0
        self.unseen_trade_id = 0
        self.unseen_until = 0
        self.timestamp: str | None = None

    def apply(self, event: PublicEvent) -> None:
        """Apply the next event; raise BrokenEvent, with nothing changed, if it is impossible."""
        if isinstance(event, Trade):
            self._apply_trade(event)
        elif isinstance(event, L2Delta):
            self.book.apply(event)
            self.deltas.append(event)
            self.timestamp = event.timestamp
        else:
            self._apply_bbo(event)

    def restore(self, snapshot: BookSnapshot, taken_at: int) -> None:
        """Fill a new view; only trades after the snapshot will be in `trades`."""
        self.book.restore(snapshot.last_update_id, snapshot.bids, snapshot.asks)
        self.last_trade_id = self.unseen_trade_id = snapshot.last_trade_id
        if snapshot.last_trade_id:
            self.unseen_until = taken_at
            self.prices.begin(taken_at, self._read_last_price(snapshot))
        if snapshot.last_update_id:
            self.timestamp = format_timestamp(taken_at)
            self.bbo = self._derive_bbo(self.timestamp)

    @property
    def first_trade_id(self) -> int:
        """Id of the oldest remembered trade; if none is remembered, of the next trade to come."""
        return self.last_trade_id - len(self.trades) + 1

    def trades_before(self, trade_id: int | None, limit: int) -> list[Trade]:
        """Return the newest `limit` remembered trades with an id below `trade_id`, newest first."""
        newest = len(self.trades)
        if trade_id is not None:
            newest -= max(0, min(newest, self.last_trade_id - trade_id + 1))
        return [self.trades[index] for index in range(newest - 1, max(0, newest - limit) - 1, -1)]

    def trades_after(self, trade_id: int) -> list[Trade]:
        """Return the remembered trades with an id above `trade_id`, oldest first."""
        return self.trades_before(None, max(0, self.last_trade_id - trade_id))[::-1]

    def next_trades(self, trade_id: int, limit: int) -> list[Trade]:
        """Return the oldest `limit` remembered trades with an id above `trade_id`, oldest first."""
        first = max(trade_id + 1, self.first_trade_id)
        end = min(first + limit, self.last_trade_id + 1)
        return self.trades_before(end, max(0, end - first))[::-1]

    def _apply_trade(self, trade: Trade) -> None:
        if trade.trade_id != self.last_trade_id + 1:
            raise BrokenEvent(
                f"{trade.symbol}: trade {trade.trade_id} does not follow {self.last_trade_id}"
            )
        price = read_steps(trade.price, self.instrument.tick)
        quantity = read_steps(trade.quantity, self.instrument.lot)
        self.prices.take(
            _read_timestamp(trade.timestamp),
            price,
            quantity,
            trade.trade_id,
            is_taker_buy=trade.aggressor_side is Side.BUY,
        )
        self.trades.append(trade)
        self.last_trade_id = trade.trade_id

    def _read_last_price(self, snapshot: BookSnapshot) -> int | None:
        price = snapshot.last_price
        return None if price is None else read_steps(price, self.instrument.tick)

    def _derive_bbo(self, timestamp: str) -> Bbo:
        bid, bid_quantity = next(iter(self.book.bids.top(1)), (None, None))
        ask, ask_quantity = next(iter(self.book.asks.top(1)), (None, None))
        return Bbo(
            self.instrument.symbol, bid, bid_quantity, ask, ask_quantity,
            self.book.last_update_id, timestamp,
        )  # fmt: skip

    def _apply_bbo(self, bbo: Bbo) -> None:
        for price, quantity in ((bbo.bid, bbo.bid_quantity), (bbo.ask, bbo.ask_quantity)):
            if price is not None and quantity is not None:
                read_steps(price, self.instrument.tick)
                read_steps(quantity, self.instrument.lot)
            elif price is not quantity:
                raise BrokenEvent(f"{bbo.symbol}: a price without a quantity")
        self.bbo = bbo


class Market:
    """Every symbol.

    `exchange_id` names the exchange whose ids these are. `is_complete`: everything up to some
    commit is in, and nothing after it. Before the moment `quiet_until`, in microseconds, nothing
    is missing. `builds` counts how often everything was built from nothing.
    """

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self.instruments = instruments
        self.symbols = list(instruments)
        self.clock = ExchangeTime(open_machine_clocks())
        """What the exchange's clock says, as far as the engine's state was read."""
        self.exchange_id: str | None = None
        self.is_complete = False
        self.quiet_until = 0
        self.builds = 0
        self._views = self._create_views()

    @property
    def now(self) -> int:
        """The engine's time, in microseconds, as far as it is known here."""
        stamps = (view.prices.last_timestamp or 0 for view in self._views.values())
        return max(self.quiet_until, *stamps)

    def __getitem__(self, symbol: str) -> SymbolView:
        return self._views[symbol]

    def is_known(self, _symbol: str) -> bool:
        """Whether everything up to some commit is known of the symbol."""
        return self.is_complete

    def note_phases(self, phases: Mapping[str, str] | None) -> None:
        """Note the phases of those that are not `continuous`; None: the engine has not said."""
        for symbol, view in self.views():
            view.prices.phase = None if phases is None else phases.get(symbol, Phase.CONTINUOUS)

    def views(self) -> Iterable[tuple[str, SymbolView]]:
        """Return every symbol with what is known of it."""
        return self._views.items()

    def clear(self) -> None:
        """Forget everything before it is built anew."""
        self.is_complete = False
        self.quiet_until = 0
        self.builds += 1
        self._views = self._create_views()

    def restore(self, snapshot: Snapshot) -> None:
        """Fill an empty market; raise BrokenEvent if the snapshot has a symbol that is not ours."""
        for book in snapshot.books:
            if (view := self._views.get(book.symbol)) is None:
                raise BrokenEvent(f"unknown symbol {book.symbol!r:.60}")
            view.restore(book, snapshot.timestamp)

    def apply(self, event: PublicEvent) -> None:
        """Apply the next event; raise BrokenEvent, with nothing changed, if it is impossible."""
        view = self._views.get(event.symbol)
        if view is None:
            raise BrokenEvent(f"unknown symbol {event.symbol!r:.60}")
        view.apply(event)

    def _create_views(self) -> dict[str, SymbolView]:
        return {symbol: SymbolView(each) for symbol, each in self.instruments.items()}


def _read_timestamp(text: str) -> int:
    try:
        return _parse_timestamp(text)
    except ValueError:
        raise BrokenEvent(f"{text!r:.60} is not a timestamp") from None
