"""The exchange in memory, to a snapshot and back.

Compiled where there is a compiler (`exchange.pxd` has the types).
"""

from collections.abc import Sequence

from engine.core import IMPLEMENTATION, Matcher
from engine.exchange.orders import OrderTable
from engine.exchange.recorder import Recorder
from engine.exchange.rules import Rules
from engine.exchange.stored import StoredEngine, StoredOrder, decode_engine, encode_engine
from engine.exchange.timers import Timers
from engine.exchange.translation import REASONS_BY_CODE, SIDES_BY_CODE, EventReader
from protocol.instrument import Instrument
from protocol.snapshot import BookSnapshot, Snapshot

CORE = IMPLEMENTATION
"""Which core serves: cython or python."""


class Exchange:
    """Books, orders, rules, timers and accounts at the sequence reached.

    `matcher` knows accounts by the numbers of `accounts`, and symbols by their instruments'
    indices; `id_key` makes order ids; of the next `entries_to_clear` entries the new orders are
    rejected; `quotes` and `last_published` are each symbol's and channel's last.
    """

    def __init__(self, instruments: Sequence[Instrument], id_key: bytes, closed_limit: int) -> None:
        self.sequence = 0
        self.timestamp = 0
        self.matcher = Matcher(len(instruments))
        self.orders = OrderTable(closed_limit)
        self.rules = Rules(instruments)
        self.timers = Timers()
        self.id_key = id_key
        self.accounts: dict[str, int] = {}
        self.entries_to_clear = 0
        self.quotes = self._read_quotes()
        self.last_published: dict[str, int] = {}
        self.recorder = Recorder(
            self.orders, self.rules.instruments, SIDES_BY_CODE, REASONS_BY_CODE
        )
        self.reader = EventReader(self.recorder)

    def number_account(self, account: str) -> int:
        """Only what `check_account` has passed may get here: reports quote it as it is."""
        return self.accounts.setdefault(account, len(self.accounts) + 1)

    def export(self) -> Snapshot:
        """Everything at the sequence reached."""
        engine = StoredEngine(
            self.matcher.save(),
            [StoredOrder.of(order) for order in self.orders.open.values()],
            [StoredOrder.of(order) for order in self.orders.closed.values()],
            list(self.accounts),
            self.entries_to_clear,
            self.rules.limits,
            sorted(self.rules.halted),
            self.timers.deadlines,
        )
        return Snapshot(
            self.sequence,
            self.timestamp,
            self.last_published,
            [self._export_book(instrument) for instrument in self.rules.instruments],
            encode_engine(engine),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Take over everything at the snapshot's sequence; ValueError where it is damaged."""
        engine = decode_engine(snapshot.engine)
        self.matcher = Matcher.load(engine.core)
        instruments = self.rules.instruments
        while self.matcher.symbols < len(instruments):
            self.matcher.add_symbol()
        self.rules.configure(engine.limits)
        self.rules.halted = set(engine.halted)
        self.timers.restore(engine.timers)
        self.orders.restore(
            [order.restore(instruments) for order in engine.open],
            [order.restore(instruments) for order in engine.closed],
        )
        self.accounts = {account: number for number, account in enumerate(engine.accounts, 1)}
        self.entries_to_clear = engine.entries_to_clear
        self.quotes = self._read_quotes()
        self.last_published = snapshot.last_published
        self.sequence = snapshot.sequence
        self.timestamp = snapshot.timestamp

    def _read_quotes(self) -> list[tuple[int, int, int, int]]:
        """Best bid, its quantity, best ask, its quantity of each symbol."""
        return [self.matcher.bbo(instrument.index) for instrument in self.rules.instruments]

    def _export_book(self, instrument: Instrument) -> BookSnapshot:
        price, quantity = instrument.ticks_to_price, instrument.lots_to_quantity
        symbol = instrument.index
        bids, asks = self.matcher.l2(symbol)
        last_price = self.matcher.last_trade_price(symbol)
        return BookSnapshot(
            instrument.symbol,
            self.matcher.update_id(symbol),
            self.matcher.trade_id(symbol),
            price(last_price) if last_price else None,
            [(price(ticks), quantity(lots)) for ticks, lots in bids],
            [(price(ticks), quantity(lots)) for ticks, lots in asks],
        )
