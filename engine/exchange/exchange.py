"""The exchange in memory: its state, what commands do to it, and its way to a snapshot and back."""

from collections.abc import Sequence
from typing import Protocol

from engine.core import ALL_SYMBOLS, IMPLEMENTATION, EventRow, Matcher
from engine.core import FEES_ACCOUNT as FEES_NUMBER
from engine.exchange.batch import MAX_BATCH_SIZE, Batch
from engine.exchange.event_text import write_levels
from engine.exchange.expiries import Expiries, find_end_of_day
from engine.exchange.ledger import Ledger
from engine.exchange.levels import NEWEST, Level, find_level
from engine.exchange.numbers import Numbers
from engine.exchange.order_lists import OrderList
from engine.exchange.orders import Order, OrderTable
from engine.exchange.recorder import Recorder
from engine.exchange.rules import Rules
from engine.exchange.stored import (
    StoredEngine,
    StoredLists,
    StoredNumbers,
    StoredOrder,
    decode_engine,
    encode_engine,
    restore_changes,
    restore_special,
    store_changes,
    store_special,
)
from engine.exchange.timers import Timers
from engine.exchange.transfers import Transfers
from engine.exchange.translation import (
    REASONS_BY_CODE,
    SIDES_BY_CODE,
    EventReader,
    place,
    place_list,
    place_special,
)
from protocol.assets import FEES_ACCOUNT, LedgerSettings
from protocol.commands import check_client_order_id, derive_order_id, parse_order_id
from protocol.enums import BalanceMode, ListType, Phase, Reason, TimeInForce
from protocol.instrument import Instrument
from protocol.refusal import Refusal
from protocol.snapshot import BookSnapshot, Snapshot
from protocol.special_terms import PLAIN

CORE = IMPLEMENTATION
"""Which core serves: cython or python."""


class ShortWay(Protocol):
    """What is compiled of the way from events to messages: it does what its namesakes here do."""

    def read(self, events: Sequence[EventRow], batch: Batch) -> bool:
        """Do what `EventReader.read` does; return False if that has to do it."""

    def add_positions(self, batch: Batch) -> None:
        """Do what `Ledger.add_positions` does."""

    def write_levels(self, instrument: Instrument, levels: dict[int, int]) -> str:
        """Do what `event_text.write_levels` does."""


class Exchange:
    """Books, orders, rules, timers and accounts at the sequence reached.

    `matcher` knows accounts by the numbers of `accounts`, and symbols by their instruments'
    indices; order ids are made with `id_key`. `level` is the one at which the exchange began.
    With `is_clock_manual` an `advance` is not refused. `shard` is in the numbers that it gives.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        id_key: bytes,
        closed_limit: int,
        level: Level = NEWEST,
        is_clock_manual: bool = False,
        shard: int = 1,
    ) -> None:
        self.sequence = 0
        self.timestamp = 0
        self.elapsed = 0
        """Microseconds that have elapsed since the level began that counts them."""
        self.level = level
        self.matcher = Matcher(len(instruments))
        self.orders = OrderTable(closed_limit)
        self.expiries = Expiries(self.orders)
        self.numbers = Numbers(shard)
        self.numbers.is_begun = level >= Level.ORDERS
        self.rules = Rules(instruments)
        self.ledger = Ledger(self.rules.instruments)
        self.ledger.matcher = self.matcher
        if level >= Level.ORDERS:
            self.matcher.number_prevented()
        self.timers = Timers()
        self.transfers = Transfers(shard)
        self.id_key = id_key
        self.is_clock_manual = is_clock_manual
        self.accounts: dict[str, int] = {}
        self._entries_to_clear = 0
        """How many of the next entries are rejected if they are new orders."""
        self._quotes = self._read_quotes()
        """Each symbol's last best bid and offer."""
        self._last_published: dict[str, int] = {}
        """Channel → sequence of its last message."""
        self._recorder = Recorder(
            self.orders,
            self.rules.instruments,
            SIDES_BY_CODE,
            REASONS_BY_CODE,
            self.ledger,
            self.numbers,
        )
        self.reader = EventReader(self._recorder)
        self.short: ShortWay | None = None
        """What writes the same faster, if it is there."""

    # Batches

    def begin_batch(self, now: int, elapsed: int | None) -> Batch:
        """Open an empty batch, taken at `now`, `elapsed` after the one before (microseconds).

        Its stamp never goes back.
        """
        self.timestamp = max(now, self.timestamp)
        if self.level >= Level.ELAPSED:
            self.elapsed += elapsed or 0
        batch = Batch(self.sequence, self.timestamp, elapsed, self._last_published)
        batch.tells_prevention = self.level >= Level.CONDITIONAL
        return batch

    @property
    def is_clearing(self) -> bool:
        """Whether the entries that come are those of a cleared queue."""
        return self._entries_to_clear > 0

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
        short = self.short
        if self.ledger.is_open:
            (short or self.ledger).add_positions(batch)
        batch.finish(
            self.compute_state_hash(), write_levels if short is None else short.write_levels
        )
        self.sequence = batch.sequence
        self._last_published = {
            **self._last_published,
            **dict.fromkeys(batch.messages, batch.sequence),
        }

    @property
    def last_published(self) -> dict[str, int]:
        """Channel → sequence of its last message."""
        return self._last_published

    def compute_state_hash(self) -> int:
        """Compute the hash of the state that the commands so far have led to."""
        return self.transfers.mix(self.numbers.mix(self.matcher.state_hash()))

    def raise_level(self, level: Level, batch: Batch) -> None:
        """Begin what `level` brings, in the midst of `batch`; a level is never lowered."""
        if self.level < Level.ELAPSED <= level:
            self.timers.shift(self.elapsed - self.timestamp)
        if self.level < Level.ORDERS <= level:
            self._begin_numbers()
            self.matcher.number_prevented()
        self.level = max(level, self.level)
        batch.tells_prevention = self.level >= Level.CONDITIONAL

    def _begin_numbers(self) -> None:
        """Give the orders that are open their numbers, as they came in."""
        self.numbers.is_begun = True
        for order in self.orders.open.values():
            self.orders.number(order, self.numbers.number_order())

    def read_timer_clock(self) -> int:
        """Read what the timers' deadlines are measured by: elapsed time, or the stamps."""
        return self.elapsed if self.level >= Level.ELAPSED else self.timestamp

    def find_due(self) -> int | None:
        """Find by `read_timer_clock` when something happens by itself next; None if never."""
        timer, end = self.timers.find_next(), self.expiries.find_next()
        if end is None:
            return timer
        ends_at = self.read_timer_clock() + end - self.timestamp  # as far as both clocks go alike
        return ends_at if timer is None else min(timer, ends_at)

    # Orders

    def check_new(self, order: Order, quantity: str, leaving: int = 0) -> None:
        """Raise Refusal if the order cannot be taken now; `quantity` is as it was sent.

        `leaving` is how many open orders of the account it takes the place of.
        """
        if self._entries_to_clear:
            raise Refusal(Reason.QUEUE_CLEARED, None, "the queue was cleared")
        last_price = self.matcher.last_trade_price(order.instrument.index)
        if order.special.expires_at and order.special.expires_at <= self.timestamp:
            raise Refusal(Reason.TIME_REACHED, "expires_at", "the order came after its expires_at")
        if order.account not in self.accounts:
            self.check_opening(order.account)
        open_orders = self.orders.count_open(order.account) - leaving
        self.rules.check_new(order, quantity, open_orders, last_price)

    def check_amend(
        self, order: Order, quantity: str | None, lots: int, price: int, stop_price: int
    ) -> None:
        """Raise Refusal if the order may not get these terms now; 0 keeps a value."""
        last_price = self.matcher.last_trade_price(order.instrument.index)
        self.rules.check_amend(order, quantity, lots, price, stop_price, last_price)

    def find_order(
        self, account: str, order_id: str | None, number: int | None, name: str | None
    ) -> Order | None:
        """Find an account's order, open or closed, by its id, its number or its name.

        What comes first of the three counts, and beside it a name must be that order's. An open
        order of the name is preferred to a closed one of the id, which follows from the name too.
        Raise Refusal if none of them has a right form.
        """
        if order_id is not None:
            order = self._keep_if_named(self.orders.find(parse_order_id(order_id)), name)
        elif number is not None:
            order = self._keep_if_named(self.orders.find_number(number), name)
            name = None
        elif name is not None and self.level >= Level.ORDERS:
            order = self._find_native(account, check_client_order_id(name))
        else:
            parse_order_id(None)
        if name is not None and self.level >= Level.ORDERS and (order is None or order.is_closed):
            order = self._choose_named(account, name, order)
        return None if order is None or order.account != account else order

    def _keep_if_named(self, order: Order | None, name: str | None) -> Order | None:
        """Return nothing for an order of another name: it was renamed, or another one is meant."""
        if order is None or name is None or self.level < Level.ORDERS:
            return order
        return order if order.client_order_id == name else None

    def find_open_name(self, account: str, name: str) -> Order | None:
        """Find the account's open order of that name."""
        order = self._choose_named(account, name, self._find_native(account, name))
        return None if order is None or order.is_closed else order

    def _find_native(self, account: str, name: str) -> Order | None:
        """Find the order whose id follows from the name, if that is still its name."""
        order = self.orders.find(derive_order_id(self.id_key, account, name))
        if order is None or (order.account, order.client_order_id) != (account, name):
            return None
        return order

    def _choose_named(self, account: str, name: str, native: Order | None) -> Order | None:
        named = self.orders.find_name(account, name)
        if named is None or (native is not None and not native.is_closed):
            return native
        return named

    def enter(self, order: Order, is_unique: bool, batch: Batch) -> None:
        """Enter a new order into its book, and record what follows.

        `is_unique`: its name is unique among the open orders alone.
        """
        self._add_new(order, is_unique)
        account = self.open_account(order.account, batch)
        if order.special is PLAIN:
            events = place(self.matcher, order, account)
        else:
            least, most = self.rules.find_bounds(order)
            bound = most if self.level >= Level.CONDITIONAL else 0
            events = place_special(self.matcher, order, account, least, bound)
        self._record(events, batch)
        self.expiries.add(order)

    def enter_list(
        self, list_type: ListType, name: str, orders: Sequence[Order], batch: Batch
    ) -> OrderList:
        """Enter an order list, and record what follows; raise Refusal if the core refuses it."""
        account = self.open_account(orders[0].account, batch)
        try:
            events = place_list(self.matcher, list_type, orders, account)
        except Refusal as refusal:
            if refusal.code is not Reason.INSUFFICIENT_BALANCE:
                raise
            explained = self.ledger.explain_shortfall(account)
            explained.field = refusal.field
            raise explained from None
        ids = [order.order_id for order in orders]
        order_list = OrderList(self.numbers.number_list(), list_type, name, orders[0].account, ids)
        self.orders.lists.add(order_list)
        for order in orders:
            self._add_new(order, True)
            order.order_list = order_list
        self._record(events, batch)
        for order in orders:
            self.expiries.add(order)
        return order_list

    def _add_new(self, order: Order, is_unique: bool) -> None:
        """Remember a new order, and when it ends."""
        self.orders.add(order)
        if is_unique:
            self.orders.make_unique(order)
        if order.special.time_in_force is TimeInForce.DAY:
            order.expires_at = find_end_of_day(self.timestamp)
        else:
            order.expires_at = order.special.expires_at

    def refuse(self, order: Order, is_unique: bool, reason: Reason, batch: Batch) -> None:
        """Record that a new order was rejected without a look at its book."""
        if is_unique:
            self.orders.make_unique(order)
        self._recorder.refuse(order, reason, batch)

    def expire_orders(self, batch: Batch, most_reports: int | None) -> None:
        """End the orders whose time is over at the batch's stamp, by number of the same time.

        With `most_reports` those that are left when there are so many end in the next commit.
        """
        while most_reports is None or batch.reports.events < most_reports:
            order = self.expiries.pop_due(self.timestamp)
            if order is None:
                return
            events = self.matcher.expire(order.order_id, self.accounts[order.account])
            self._record(events, batch)

    def is_crowded(self) -> bool:
        """Whether more orders end by now than one commit can hold.

        Never while a queue is cleared: its entries are counted.
        """
        if self.level < Level.CONDITIONAL or self._entries_to_clear:
            return False
        return self.expiries.is_crowded(self.timestamp, MAX_BATCH_SIZE)

    def amend(
        self,
        order: Order,
        lots: int,
        price: int,
        stop_price: int,
        new_name: str | None,
        batch: Batch,
    ) -> None:
        """Give an open order other terms, and record what follows; 0, or None, keeps a value."""
        account = self.accounts[order.account]
        if lots and order.prevented:
            lots -= order.prevented  # which the core knows no more
            if lots <= order.filled:
                events = self.matcher.cancel(order.order_id, account)
                self.reader.read_canceled(events, Reason.AMENDED_BELOW_FILLED, batch)
                return
        self._recorder.new_name = new_name
        events = self.matcher.amend(order.order_id, account, lots, price, stop_price)
        try:
            self.reader.read(events, batch)
        except Refusal as refusal:
            if refusal.code is Reason.INSUFFICIENT_BALANCE:
                raise self.explain_shortfall(order) from None
            raise
        finally:
            self._recorder.new_name = None

    def explain_shortfall(self, order: Order) -> Refusal:
        """Return why the order was refused for its account's funds, just now."""
        return self.ledger.explain_shortfall(self.accounts[order.account])

    def cancel(self, order: Order, cancel_id: str | None, batch: Batch) -> None:
        """Cancel an open order, and record it, with what its owner calls the cancel."""
        order.cancel_id = cancel_id
        account = self.accounts[order.account]
        self._record(self.matcher.cancel(order.order_id, account), batch)

    def _record(self, events: Sequence[EventRow], batch: Batch) -> None:
        """Record what a command led to, which gives no order another name."""
        if self.short is None or not self.short.read(events, batch):
            self.reader.read(events, batch)

    def replace(
        self, canceled: Order | None, cancel_id: str | None, order: Order, batch: Batch
    ) -> None:
        """Cancel an open order, if there is one, and enter a new one, as one command."""
        self.matcher.join()
        if canceled is not None:
            self.cancel(canceled, cancel_id, batch)
        self.enter(order, True, batch)
        self._record(self.matcher.part(), batch)

    def cancel_all(self, account: str, symbol: int | None, reason: Reason, batch: Batch) -> int:
        """Cancel an account's orders of a symbol, or of all if it is None; return how many."""
        number = self.accounts.get(account)
        if number is None:
            return 0
        events = self.matcher.cancel_all(number, ALL_SYMBOLS if symbol is None else symbol)
        return self.reader.read_canceled(events, reason, batch)

    def cancel_except_stops(self, account: str, reason: Reason, batch: Batch) -> int:
        """Cancel an account's orders, the oldest first, but for those that wait for a stop price.

        A leg whose other one waits stays with it; pending orders go with their working one. Return
        how many.
        """
        canceled = 0
        for order in self.orders.list_open(account):
            if order.triggered is not False and not order.is_closed and not self._is_kept(order):
                events = self.matcher.cancel(order.order_id, self.accounts[account])
                canceled += self.reader.read_canceled(events, reason, batch)
        return canceled

    def _is_kept(self, order: Order) -> bool:
        """Whether the other leg of an order, if it has one, waits for its stop price."""
        if order.order_list is None or order.is_pending:
            return False
        partner = self.orders.find(order.order_list.find_partner(order.order_id) or 0)
        return partner is not None and not partner.is_closed and partner.triggered is False

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
            sorted(self.rules.list_phase(Phase.HALTED)),
            self.timers.export(),
            self.level,
            self.elapsed,
            self.ledger.export(),
            StoredNumbers.of(self.numbers, self.orders),
            store_special(self.orders),
            dict.fromkeys(self.rules.list_phase(Phase.CLOSED), Phase.CLOSED),
            StoredLists.of(self.numbers, self.orders),
            store_changes(self.orders),
            self.transfers.export(),
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
        self.rules.phases = dict.fromkeys(engine.halted, Phase.HALTED) | engine.phases
        self.timers.restore(engine.timers)
        self.orders.restore(
            [order.restore(instruments) for order in engine.open],
            [order.restore(instruments) for order in engine.closed],
        )
        engine.numbers.restore(self.numbers, self.orders, self.level >= Level.ORDERS)
        restore_special(engine.special, self.orders)
        restore_changes(engine.changes, self.orders)
        engine.lists.restore(self.numbers, self.orders)
        self.expiries = Expiries(self.orders)
        for order in self.orders.open.values():
            self.expiries.add(order)
        self.accounts = {account: number for number, account in enumerate(engine.accounts, 1)}
        self.ledger.restore(self.matcher, engine.ledger, engine.accounts)
        self.transfers.restore(engine.transfers)
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
