"""Command → core → events: the one file that knows both the core and the protocol.

A function of (state, entries, stamp): it reads no clock, draws no id and does no I/O, so that the
journal's commands lead to the same state and the same messages again.
"""

from collections.abc import Callable, Sequence

from engine.batch import Batch
from engine.core import IMPLEMENTATION, Matcher, codes
from engine.entries import Malformed, Unreadable, read_entry
from engine.orders import Order, OrderTable
from engine.recorder import CoreEvent, Recorder
from engine.rejects import to_command_rejected, to_dead_report, to_rejected_report
from engine.replies import Outcome, to_reply
from engine.rules import Rules
from engine.stored import StoredEngine, StoredOrder, decode_engine, encode_engine
from engine.timers import Timers
from protocol import codec
from protocol.commands import (
    QueueEntry,
    check_account,
    check_client_order_id,
    check_order_values,
    check_seconds,
    derive_order_id,
    parse_order_id,
)
from protocol.decimals import is_decimal
from protocol.enums import CommandType, OrderType, Reason, SelfTradePrevention, Side, Status
from protocol.instrument import Instrument
from protocol.limits import TradingLimits
from protocol.refusal import Refusal
from protocol.snapshot import BookSnapshot, Snapshot
from protocol.timestamps import format_timestamp, parse_timestamp

CORE = IMPLEMENTATION
"""Which core serves: cython or python."""

MAX_BATCH_SIZE = 20_000
"""Most commands and reports of one commit, so that it cannot outlast the lease; the command that
crosses it is still taken whole."""

_SIDES = {side: codes.Side[side.name].value for side in Side}
_SIDES_BY_CODE = {code: side for side, code in _SIDES.items()}
_ORDER_TYPES = {kind: codes.OrderType[kind.name].value for kind in OrderType}
_PREVENTIONS = {mode: codes.SelfTradePrevention[mode.name].value for mode in SelfTradePrevention}
_REASONS = {
    code.value: Reason.__members__.get(code.name, Reason.INTERNAL_ERROR) for code in codes.Reason
}


_OPEN_STATUSES = frozenset({Status.OPEN, Status.PARTIALLY_FILLED})
_COMMAND_REJECTED = codes.EventKind.COMMAND_REJECTED.value
_CANCELED = codes.EventKind.CANCELED.value

_DETAILS = {
    Reason.WOULD_TRADE: "a post_only order may not trade at once, and at that price it would",
    Reason.UNKNOWN_ORDER: "the account has no such order",
    Reason.TOO_MANY_OPEN_ORDERS: "the books are full",
}


class HandlingFailed(Exception):
    """An entry raised in our own code; the memory can no longer be trusted."""

    def __init__(self, entry: bytes) -> None:
        super().__init__(f"cannot handle {entry[:200]!r}")
        self.entry = entry


class Handler:
    """The exchange in memory: books, orders, accounts and the sequence reached."""

    def __init__(self, instruments: Sequence[Instrument], id_key: bytes, closed_limit: int) -> None:
        self.sequence = 0
        self.timestamp = 0
        self.matcher = Matcher(len(instruments))
        self.orders = OrderTable(closed_limit)
        self.rules = Rules(instruments)
        self.timers = Timers()
        self._id_key = id_key
        self._accounts: dict[str, int] = {}
        self._quotes = [self.matcher.bbo(symbol) for symbol in range(len(instruments))]
        self._last_published: dict[str, int] = {}
        self._entries_to_clear = 0
        self._run: dict[CommandType, Callable[[QueueEntry, Batch], Outcome]] = {
            CommandType.NEW: self._new,
            CommandType.CANCEL: self._cancel,
            CommandType.AMEND: self._amend,
            CommandType.CANCEL_ALL: self._cancel_all,
            CommandType.CANCEL_AFTER: self._cancel_after,
            CommandType.EXPIRE_TIMERS: self._expire_timers,
            CommandType.HALT: self._halt,
            CommandType.RESUME: self._resume,
            CommandType.CONFIGURE: self._configure,
            CommandType.CLEAR_QUEUE: self._clear_queue,
            CommandType.DEAD: self._stay_dead,
        }
        self._recorder = Recorder(self.orders, self.rules.instruments, _SIDES_BY_CODE, _REASONS)
        self._record = _route_events(self._recorder)

    def export(self) -> Snapshot:
        """Everything at the sequence reached."""
        engine = StoredEngine(
            self.matcher.save(),
            [StoredOrder.of(order) for order in self.orders.open.values()],
            [StoredOrder.of(order) for order in self.orders.closed.values()],
            list(self._accounts),
            self._entries_to_clear,
            self.rules.limits,
            sorted(self.rules.halted),
            self.timers.deadlines,
        )
        return Snapshot(
            self.sequence,
            self.timestamp,
            self._last_published,
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
        self._accounts = {account: number for number, account in enumerate(engine.accounts, 1)}
        self._entries_to_clear = engine.entries_to_clear
        self._quotes = [self.matcher.bbo(symbol) for symbol in range(len(instruments))]
        self._last_published = snapshot.last_published
        self.sequence = snapshot.sequence
        self.timestamp = snapshot.timestamp

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

    def handle(
        self,
        entries: Sequence[bytes],
        now: int,
        poisonous: frozenset[bytes] = frozenset(),
        max_size: int | None = MAX_BATCH_SIZE,
    ) -> Batch:
        """Everything that `entries`, taken at `now` (microseconds), lead to.

        Takes as many of them as one commit can hold (`max_size` None: all), at least one; those
        in `poisonous` are rejected without a try. Raises HandlingFailed: then only recovery leads
        on.
        """
        self.timestamp = max(now, self.timestamp)
        batch = Batch(self.sequence, self.timestamp, self._last_published)
        for entry in entries:
            batch.take(entry)
            try:
                self._handle_entry(entry, batch, entry in poisonous)
            except Exception as error:
                raise HandlingFailed(entry) from error
            if max_size is not None and batch.size >= max_size:
                break
        self._quote(batch)
        batch.finish(self.matcher.state_hash())
        self.sequence = batch.sequence
        self._last_published = {
            **self._last_published,
            **dict.fromkeys(batch.messages, batch.sequence),
        }
        return batch

    def _handle_entry(self, raw: bytes, batch: Batch, is_poisonous: bool) -> None:
        self._entries_to_clear = max(0, self._entries_to_clear - 1)
        if is_poisonous:
            self._set_aside(raw, Reason.INTERNAL_ERROR, "its handling failed", batch)
            return
        try:
            entry = read_entry(raw)
            outcome = self._run[entry.command](entry, batch)
        except Unreadable as unreadable:
            self._set_aside(raw, Reason.UNREADABLE_ENTRY, str(unreadable), batch)
            return
        except Malformed as malformed:
            entry = malformed.entry
            outcome = self._refuse(entry, malformed, batch)
        except Refusal as refusal:
            outcome = self._refuse(entry, refusal, batch)
        if entry.reply_to and entry.request_id:
            batch.add_reply(entry.reply_to, to_reply(entry, outcome, batch))

    # commands

    def _new(self, entry: QueueEntry, batch: Batch) -> Outcome:
        account = entry.account
        if account not in self._accounts:
            check_account(account)
        client_order_id = check_client_order_id(entry.client_order_id or f"queue:{batch.sequence}")
        order_id = (
            derive_order_id(self._id_key, account, client_order_id)
            if entry.order_id is None
            else parse_order_id(entry.order_id)
        )
        known = self.orders.find(order_id)
        if known is not None:
            return self._repeat(known, entry, client_order_id, batch)
        try:
            order = self._make_order(entry, order_id, client_order_id, batch.sequence)
        except Refusal as refusal:
            instrument = self._find_instrument(entry, batch.sequence)
            report = to_rejected_report(
                entry, order_id, client_order_id, instrument, refusal, batch
            )
            batch.add_report(report)
            return Outcome(None, report, refusal.code, refusal)
        try:
            self._check_new(order, entry)
        except Refusal as refusal:
            self._recorder.refuse(order, refusal.code, batch)
            return Outcome(order, None, refusal.code, refusal)
        self.orders.add(order)
        self._apply(
            self.matcher.new(
                order.instrument.index,
                order_id,
                self._number_account(account),
                _SIDES[order.side],
                _ORDER_TYPES[order.order_type],
                order.quantity,
                order.price,
                order.stop_price,
                _PREVENTIONS[entry.self_trade_prevention],
            ),
            batch,
        )
        return Outcome(order, None, order.reason)

    def _make_order(
        self, entry: QueueEntry, order_id: int, client_order_id: str, sequence: int
    ) -> Order:
        """The order that `entry` describes; raises Refusal where its form is wrong.

        Nothing but the form counts, so that a repeat is the same order whatever else has changed.
        """
        instrument = self.rules.find_instrument(entry.symbol, sequence)
        if entry.side is None:
            raise Refusal(Reason.INVALID_SIDE, "side", "side must be buy or sell")
        if entry.order_type is None:
            raise Refusal(Reason.INVALID_ORDER_TYPE, "order_type", "order_type is required")
        lots, ticks, stop_ticks = check_order_values(
            instrument, entry.order_type, entry.quantity, entry.price, entry.stop_price
        )
        return Order(
            order_id,
            client_order_id,
            entry.account,
            instrument,
            entry.side,
            entry.order_type,
            lots,
            ticks,
            stop_ticks,
            entry.self_trade_prevention,
            False if stop_ticks else None,
        )

    def _check_new(self, order: Order, entry: QueueEntry) -> None:
        """Raises Refusal for an order that cannot be taken now."""
        if self._entries_to_clear:
            raise Refusal(Reason.QUEUE_CLEARED, None, "the queue was cleared")
        last_price = self.matcher.last_trade_price(order.instrument.index)
        open_orders = self.orders.count_open(order.account)
        self.rules.check_new(order, entry.quantity or "", open_orders, last_price)

    def _repeat(
        self, known: Order, entry: QueueEntry, client_order_id: str, batch: Batch
    ) -> Outcome:
        """A `new` whose id exists: never a second order."""
        if (known.account, known.client_order_id) != (entry.account, client_order_id):
            raise Refusal(Reason.ORDER_ID_COLLISION, "order_id", "the id is another order's")
        try:
            repeated = self._make_order(entry, known.order_id, client_order_id, batch.sequence)
        except Refusal:
            repeated = None
        if repeated is None or repeated.fingerprint != known.fingerprint:
            raise Refusal(
                Reason.CLIENT_ORDER_ID_REUSED,
                "client_order_id",
                "the client_order_id belongs to an order with another body",
            )
        duplicate = Refusal(Reason.DUPLICATE_ORDER, "client_order_id", "the order exists already")
        batch.add_report(to_command_rejected(entry, duplicate, batch))
        return Outcome(known, reason=known.reason, is_duplicate=True)

    def _cancel(self, entry: QueueEntry, batch: Batch) -> Outcome:
        order = self._find_open_order(entry)
        account = self._accounts[order.account]
        self._apply(self.matcher.cancel(order.order_id, account), batch)
        return Outcome(order, None, order.reason)

    def _amend(self, entry: QueueEntry, batch: Batch) -> Outcome:
        order = self._find_open_order(entry)
        instrument = order.instrument
        self.rules.check_halt(instrument)
        quantity = instrument.quantity_to_lots(entry.quantity) if entry.quantity else 0
        price, stop_price = self._amended_prices(order, entry)
        if not (quantity or price or stop_price):
            raise Refusal(Reason.NOTHING_TO_AMEND, None, "give a price, a quantity or a stop_price")
        last_price = self.matcher.last_trade_price(instrument.index)
        self.rules.check_amend(order, entry.quantity, quantity, price, last_price)
        account = self._accounts[order.account]
        self._apply(self.matcher.amend(order.order_id, account, quantity, price, stop_price), batch)
        return Outcome(order, None, order.reason)

    @staticmethod
    def _amended_prices(order: Order, entry: QueueEntry) -> tuple[int, int]:
        """New price and stop price in ticks, 0 for one to keep."""
        price = stop_price = 0
        if entry.price is not None:
            if not order.price:
                raise Refusal(Reason.PRICE_FORBIDDEN, "price", "the order has no price")
            price = order.instrument.price_to_ticks(entry.price)
        if entry.stop_price is not None:
            if order.triggered is not False:
                raise Refusal(
                    Reason.STOP_PRICE_FORBIDDEN, "stop_price", "the order waits for no stop price"
                )
            stop_price = order.instrument.price_to_ticks(entry.stop_price, "stop_price")
        return price, stop_price

    def _cancel_all(self, entry: QueueEntry, batch: Batch) -> Outcome:
        symbol = (
            -1
            if entry.symbol is None
            else self.rules.find_instrument(entry.symbol, batch.sequence).index
        )
        account = check_account(entry.account)
        return Outcome(canceled=self._cancel_orders(account, symbol, Reason.CANCEL_ALL, batch))

    def _cancel_after(self, entry: QueueEntry, batch: Batch) -> Outcome:
        account, seconds = check_account(entry.account), check_seconds(entry.seconds)
        if not seconds:
            self.timers.clear(account)
            return Outcome()
        deadline = batch.timestamp + seconds * 1_000_000
        self.timers.set(account, deadline)
        return Outcome(due=format_timestamp(deadline))

    def _expire_timers(self, entry: QueueEntry, batch: Batch) -> Outcome:
        """What was due when the entry was pushed, as far as one commit can hold it."""
        moment = min(_parse_moment(entry.received_at, batch.timestamp), batch.timestamp)
        self.timers.note_expired()
        canceled = 0
        while canceled < MAX_BATCH_SIZE and (account := self.timers.pop_due(moment)):
            canceled += self._cancel_orders(account, -1, Reason.CANCEL_AFTER, batch)
        return Outcome()

    def _cancel_orders(self, account: str, symbol: int, reason: Reason, batch: Batch) -> int:
        """Take off an account's orders; how many there were."""
        number = self._accounts.get(account)
        events = () if number is None else self.matcher.cancel_all(number, symbol)
        canceled = 0
        for event in events:
            if event[0] == _CANCELED:
                self._recorder.end(event, Status.CANCELED, reason, batch)
                canceled += 1
            else:
                self._record[event[0]](event, batch)
        return canceled

    def _halt(self, entry: QueueEntry, batch: Batch) -> Outcome:
        self.rules.halted.add(self.rules.find_instrument(entry.symbol, batch.sequence).index)
        return Outcome()

    def _resume(self, entry: QueueEntry, batch: Batch) -> Outcome:
        self.rules.halted.discard(self.rules.find_instrument(entry.symbol, batch.sequence).index)
        return Outcome()

    def _configure(self, entry: QueueEntry, _batch: Batch) -> Outcome:
        self.rules.configure(entry.limits)
        return Outcome()

    def _clear_queue(self, entry: QueueEntry, _batch: Batch) -> Outcome:
        if entry.quantity is None or "." in entry.quantity or not is_decimal(entry.quantity):
            raise Refusal(Reason.QUANTITY_REQUIRED, "quantity", "say how many entries to clear")
        self._entries_to_clear = int(entry.quantity) + 1
        return Outcome()

    def _stay_dead(self, entry: QueueEntry, batch: Batch) -> Outcome:
        reason = entry.reason or Reason.UNREADABLE_ENTRY
        batch.add_report(to_dead_report(reason, entry.detail, batch))
        return Outcome()

    # what commands have in common

    def _apply(self, events: Sequence[CoreEvent], batch: Batch) -> None:
        for event in events:
            if event[0] == _COMMAND_REJECTED:
                raise _to_refusal(_REASONS[event[1]])
            self._record[event[0]](event, batch)

    def _find_open_order(self, entry: QueueEntry) -> Order:
        """The order that `entry` names; another account's is as unknown as none."""
        order = self.orders.find(parse_order_id(entry.order_id))
        if order is None or order.account != entry.account:
            raise Refusal(Reason.UNKNOWN_ORDER, "order_id", "the account has no such order")
        if order.status not in _OPEN_STATUSES:
            raise Refusal(Reason.ORDER_CLOSED, "order_id", f"the order is {order.status}")
        return order

    def _find_name(self, entry: QueueEntry) -> str | None:
        """The client order id of the order that a refused `entry` names; none of another's."""
        try:
            order = self.orders.find(parse_order_id(entry.order_id))
        except Refusal:
            return None
        if order is None or order.account != entry.account:
            return None
        return order.client_order_id

    def _find_instrument(self, entry: QueueEntry, sequence: int) -> Instrument | None:
        try:
            return self.rules.find_instrument(entry.symbol, sequence)
        except Refusal:
            return None

    def _number_account(self, account: str) -> int:
        """Only what `check_account` has passed may get here: reports quote it as it is."""
        return self._accounts.setdefault(account, len(self._accounts) + 1)

    def _refuse(self, entry: QueueEntry, refusal: Refusal, batch: Batch) -> Outcome:
        name = self._find_name(entry)
        batch.add_report(to_command_rejected(entry, refusal, batch, name))
        return Outcome(reason=refusal.code, refusal=refusal)

    def _set_aside(self, raw: bytes, reason: Reason, detail: str, batch: Batch) -> None:
        """An entry that cannot be used: to the dead ones, with the reason in its place."""
        command = QueueEntry(command=CommandType.DEAD, reason=reason, detail=detail)
        batch.set_aside(codec.encode(command), raw, reason, detail)
        self._stay_dead(command, batch)

    def _quote(self, batch: Batch) -> None:
        """Best bid and offer of each symbol where the batch changed them."""
        for symbol, changes in batch.changes.items():
            quote = self.matcher.bbo(symbol)
            if quote != self._quotes[symbol]:
                self._quotes[symbol] = quote
                batch.add_quote(changes.instrument, quote, changes.last_update_id)


def make_tick(now: int) -> bytes:
    """The entry that lets go off what is due at `now`."""
    tick = QueueEntry(command=CommandType.EXPIRE_TIMERS, received_at=format_timestamp(now))
    return codec.encode(tick)


def make_configuration(limits: TradingLimits) -> bytes:
    """The entry that puts `limits` in force."""
    return codec.encode(QueueEntry(command=CommandType.CONFIGURE, limits=limits))


def _parse_moment(text: str | None, default: int) -> int:
    try:
        return default if text is None else parse_timestamp(text)
    except ValueError:
        raise Refusal(
            Reason.INVALID_COMMAND, "received_at", "received_at is not a timestamp"
        ) from None


def _to_refusal(reason: Reason) -> Refusal:
    """The core's reason to refuse a command, for people."""
    return Refusal(reason, None, _DETAILS.get(reason, f"the book refused it: {reason}"))


def _route_events(recorder: Recorder) -> dict[int, Callable[[CoreEvent, Batch], None]]:
    kinds = codes.EventKind
    return {
        kinds.ACCEPTED.value: recorder.accepted,
        kinds.TRADE.value: recorder.traded,
        kinds.CANCELED.value: recorder.canceled,
        kinds.EXPIRED.value: recorder.expired,
        kinds.REJECTED.value: recorder.rejected,
        kinds.AMENDED.value: recorder.amended,
        kinds.REDUCED.value: recorder.reduced,
        kinds.TRIGGERED.value: recorder.triggered,
        kinds.LEVEL.value: recorder.level_changed,
    }
