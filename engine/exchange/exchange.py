"""The exchange in memory: its state, what commands do to it, and its way to a snapshot and back.

Compiled if there is a compiler (`exchange.pxd` has the types).
"""

from collections.abc import Sequence

from engine.core import ALL_SYMBOLS, IMPLEMENTATION, Matcher
from engine.core import FEES_ACCOUNT as FEES_NUMBER
from engine.exchange.batch import Batch
from engine.exchange.ledger import Ledger
from engine.exchange.levels import NEWEST, Level, find_level
from engine.exchange.orders import Order, OrderTable
from engine.exchange.recorder import Recorder
from engine.exchange.rules import Rules
from engine.exchange.stored import StoredEngine, StoredOrder, decode_engine, encode_engine
from engine.exchange.timers import Timers
from engine.exchange.translation import REASONS_BY_CODE, SIDES_BY_CODE, EventReader, place
from protocol.assets import FEES_ACCOUNT, LedgerSettings
from protocol.enums import BalanceMode, Reason
from protocol.instrument import Instrument
from protocol.refusal import Refusal
from protocol.snapshot import BookSnapshot, Snapshot

CORE = IMPLEMENTATION
"""Which core serves: cython or python."""


class Exchange:
    """Books, orders, rules, timers and accounts at the sequence reached.

    `matcher` knows accounts by the numbers of `accounts`, and symbols by their instruments'
    indices; order ids are made with `id_key`. `level` is the one at which the exchange began.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        id_key: bytes,
        closed_limit: int,
        level: Level = NEWEST,
    ) -> None:
        self.sequence = 0
        self.timestamp = 0
        self.elapsed = 0
        """Microseconds that have elapsed since the level began that counts them."""
        self.level = level
        self.matcher = Matcher(len(instruments))
        self.orders = OrderTable(closed_limit)
        self.rules = Rules(instruments)
        self.ledger = Ledger(self.rules.instruments)
        self.ledger.matcher = self.matcher
        self.timers = Timers()
        self.id_key = id_key
        self.accounts: dict[str, int] = {}
        self._entries_to_clear = 0
        """How many of the next entries are rejected if they are new orders."""
        self._quotes = self._read_quotes()
        """Each symbol's last best bid and offer."""
        self._last_published: dict[str, int] = {}
        """Channel → sequence of its last message."""
        self._recorder = Recorder(
            self.orders, self.rules.instruments, SIDES_BY_CODE, REASONS_BY_CODE, self.ledger
        )
        self._reader = EventReader(self._recorder)

    # Batches

    def begin_batch(self, now: int, elapsed: int | None) -> Batch:
        """Open an empty batch, taken at `now`, `elapsed` after the one before (microseconds).

        Its stamp never goes back.
        """
        self.timestamp = max(now, self.timestamp)
        if self.level >= Level.ELAPSED:
            self.elapsed += elapsed or 0
        return Batch(self.sequence, self.timestamp, elapsed, self._last_published)

    def count_entry(self) -> None:
        """Count the entry in hand towards those that a cleared queue rejects."""
        if self._entries_to_clear:
            self._entries_to_clear -= 1

    def clear_queue(self, entries: int) -> None:
        """Reject the new orders among the next `entries`."""
        self._entries_to_clear = entries + 1  # each is counted before it is handled

    def finish_batch(self, batch: Batch) -> None:
        """Close the batch: its commands and messages are what will be committed."""
        self._add_quotes(batch)
        if self.ledger.is_open:
            self.ledger.add_positions(batch)
        batch.finish(self.matcher.state_hash())
        self.sequence = batch.sequence
        self._last_published = {
            **self._last_published,
            **dict.fromkeys(batch.messages, batch.sequence),
        }

    def raise_level(self, level: Level) -> None:
        """Begin what `level` brings; a level is never lowered."""
        if self.level < Level.ELAPSED <= level:
            self.timers.shift(self.elapsed - self.timestamp)
        self.level = max(level, self.level)

    def read_timer_clock(self) -> int:
        """Read what the timers' deadlines are measured by: elapsed time, or the stamps."""
        return self.elapsed if self.level >= Level.ELAPSED else self.timestamp

    # Orders

    def check_new(self, order: Order, quantity: str) -> None:
        """Raise Refusal if the order cannot be taken now; `quantity` is as it was sent."""
        if self._entries_to_clear:
            raise Refusal(Reason.QUEUE_CLEARED, None, "the queue was cleared")
        last_price = self.matcher.last_trade_price(order.instrument.index)
        if order.account not in self.accounts:
            self.check_opening(order.account)
        open_orders = self.orders.count_open(order.account)
        self.rules.check_new(order, quantity, open_orders, last_price)

    def check_amend(self, order: Order, quantity: str | None, lots: int, price: int) -> None:
        """Raise Refusal if the order may not get these terms now; 0 keeps a value."""
        last_price = self.matcher.last_trade_price(order.instrument.index)
        self.rules.check_amend(order, quantity, lots, price, last_price)

    def enter(self, order: Order, batch: Batch) -> None:
        """Enter a new order into its book, and record what follows."""
        self.orders.add(order)
        account = self.open_account(order.account, batch)
        self._reader.read(place(self.matcher, order, account), batch)

    def refuse(self, order: Order, reason: Reason, batch: Batch) -> None:
        """Record that a new order was rejected without a look at its book."""
        self._recorder.refuse(order, reason, batch)

    def amend(self, order: Order, lots: int, price: int, stop_price: int, batch: Batch) -> None:
        """Give an open order other terms, and record what follows; 0 keeps a value."""
        account = self.accounts[order.account]
        events = self.matcher.amend(order.order_id, account, lots, price, stop_price)
        try:
            self._reader.read(events, batch)
        except Refusal as refusal:
            if refusal.code is Reason.INSUFFICIENT_BALANCE:
                raise self.explain_shortfall(order) from None
            raise

    def explain_shortfall(self, order: Order) -> Refusal:
        """Return why the order was refused for its account's funds, just now."""
        return self.ledger.explain_shortfall(self.accounts[order.account])

    def cancel(self, order: Order, batch: Batch) -> None:
        """Cancel an open order, and record it."""
        account = self.accounts[order.account]
        self._reader.read(self.matcher.cancel(order.order_id, account), batch)

    def cancel_all(self, account: str, symbol: int | None, reason: Reason, batch: Batch) -> int:
        """Cancel an account's orders of a symbol, or of all if it is None; return how many."""
        number = self.accounts.get(account)
        if number is None:
            return 0
        events = self.matcher.cancel_all(number, ALL_SYMBOLS if symbol is None else symbol)
        return self._reader.read_canceled(events, reason, batch)

    def cancel_except_stops(self, account: str, reason: Reason, batch: Batch) -> int:
        """Cancel an account's orders, the oldest first, but for those that wait for a stop price.

        Return how many.
        """
        canceled = 0
        for order in self.orders.list_open(account):
            if order.triggered is not False:
                events = self.matcher.cancel(order.order_id, self.accounts[account])
                canceled += self._reader.read_canceled(events, reason, batch)
        return canceled

    # Accounts

    def check_ledger(self, settings: LedgerSettings) -> None:
        """Raise Refusal if the settings cannot be put in force."""
        self.ledger.check_settings(settings)
        is_late = self.accounts and not self.ledger.is_open
        if is_late and settings.balances is BalanceMode.CHECKED:
            raise Refusal(
                Reason.INVALID_COMMAND,
                "ledger",
                "accounts are there already, with orders that nobody had to pay for: only"
                f" {BalanceMode.UNLIMITED} balances can begin now",
            )

    def configure_ledger(self, settings: LedgerSettings, batch: Batch) -> None:
        """Put other settings of the ledger in force; the first ones open it."""
        self.ledger.configure(settings, self.accounts, batch)

    def check_opening(self, account: str) -> None:
        """Raise Refusal if an account that is not known cannot be opened."""
        if self.ledger.is_open:
            if account == FEES_ACCOUNT:
                raise Refusal(
                    Reason.INVALID_ACCOUNT,
                    "account",
                    f"{FEES_ACCOUNT} is the account that receives the commissions: it cannot trade",
                )
            self.ledger.check_opening(len(self.accounts))

    def find_account(self, account: str) -> int | None:
        """Find the number of an account, with or without orders; None if it is not known."""
        if account == FEES_ACCOUNT and self.ledger.is_open:
            return FEES_NUMBER
        return self.accounts.get(account)

    def open_account(self, account: str, batch: Batch) -> int:
        """Return the core's number of an account; open it if need be.

        Only what `check_account` has passed may get here: reports quote it as it is.
        """
        number = self.find_account(account)
        if number is None:
            number = len(self.accounts) + 1
            if self.ledger.is_open:
                self.ledger.open_account(account, batch)
            self.accounts[account] = number
        return number

    # Snapshots

    def export(self) -> Snapshot:
        """Return everything at the sequence reached."""
        engine = StoredEngine(
            self.matcher.save(),
            [StoredOrder.of(order) for order in self.orders.open.values()],
            [StoredOrder.of(order) for order in self.orders.closed.values()],
            list(self.accounts),
            self._entries_to_clear,
            self.rules.limits,
            sorted(self.rules.halted),
            self.timers.export(),
            self.level,
            self.elapsed,
            self.ledger.export(),
        )
        return Snapshot(
            self.sequence,
            self.timestamp,
            self._last_published,
            [self._export_book(instrument) for instrument in self.rules.instruments],
            encode_engine(engine),
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Take over everything at the snapshot's sequence.

        Raises ValueError if it is damaged, UnknownLevel if a later version wrote it.
        """
        engine = decode_engine(snapshot.engine)
        self.level = find_level(engine.level)
        self.elapsed = engine.elapsed
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
        self.ledger.restore(self.matcher, engine.ledger, engine.accounts)
        self._entries_to_clear = engine.entries_to_clear
        self._quotes = self._read_quotes()
        self._last_published = snapshot.last_published
        self.sequence = snapshot.sequence
        self.timestamp = snapshot.timestamp

    def _add_quotes(self, batch: Batch) -> None:
        """Add the best bid and offer of each symbol for which the batch changed them."""
        for symbol, changes in batch.changes.items():
            quote = self.matcher.bbo(symbol)
            if quote != self._quotes[symbol]:
                self._quotes[symbol] = quote
                batch.add_quote(changes.instrument, quote, changes.last_update_id)

    def _read_quotes(self) -> list[tuple[int, int, int, int]]:
        """Read best bid, its quantity, best ask, its quantity of each symbol."""
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
