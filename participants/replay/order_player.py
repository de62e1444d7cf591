"""Replays a record that has orders one by one: each is sent as it came."""

from collections import Counter
from collections.abc import Iterable

from participants.formats.records import (
    Executed,
    Matched,
    Notices,
    OrderRecord,
    Placed,
    Reduced,
    Removed,
    Resized,
)
from participants.replay.outcome import Outcome, count_equal, is_crossed
from participants.replay.recorded_orders import RecordedOrders
from participants.replay.sending import Sender, SentOrder
from participants.replay.sent_orders import SentOrders, pair_fills
from protocol.commands import is_identifier

_MAX_ID = 40


class OrderPlayer:
    """Sends the record's orders under names that have the record's ids.

    An execution is an IOC order of the other side at the resting order's price, by somebody whom
    the record does not name. Where others' orders stand before the recorded ones, it meets those,
    and what they kept from being traded stays in the book.
    """

    def __init__(self, sender: Sender, sent: SentOrders, run: str, notices: Notices) -> None:
        self._sender = sender
        self._sent = sent
        self._run = run
        self._notices = notices
        self._generation = 0
        self._book = RecordedOrders()
        self._ids: dict[str, str] = {}
        """Recorded ids by the names of orders, where the one is not in the other."""
        self._names: dict[str, str] = {}

    def play(self, record: OrderRecord) -> None:
        """Do in the exchange what the record says; what cannot be done is noticed."""
        fault = self._book.find_fault(record)
        if fault is not None:
            order_id = "" if isinstance(record, Matched) else record.order_id
            self._notices.add(fault, order_id)
            return
        self._send(record)
        self._book.apply(record)

    def skip(self, records: Iterable[OrderRecord]) -> None:
        """Follow the records of a moment without the exchange, until `place_book`."""
        for record in records:
            if self._book.find_fault(record) is None:
                self._book.apply(record)

    def end_moment(self) -> None:
        """Do nothing: orders of several moments may go in one request."""

    def flush(self) -> None:
        """Have the exchange do what waits to be sent."""
        self._sender.flush()

    def begin_anew(self) -> None:
        """Forget the record's book: the record is read from its beginning."""
        self._book = RecordedOrders()

    def place_book(self) -> None:
        """Replace what is in the exchange by the book of this moment; earlier trades are over."""
        self._sender.flush()
        self._sent.cancel_all()
        self._sent.read_new_fills()
        self._book.trades.clear()
        self._generation += 1
        self._names.clear()
        for order_id, order in self._book.orders.items():
            order.total = order.remaining
            name = self._name(order_id)
            self._sender.place(
                SentOrder(name, order.is_buy, order.price, order.remaining, is_taker=False)
            )
        self._sender.flush()

    def compare(self) -> Outcome:
        """Return how far trades and book are those of the record, since the last `place_book`."""
        self._sender.flush()
        expected = Counter(self._book.trades)
        found: Counter[Matched] = Counter()
        with_others = 0
        for maker, taker in pair_fills(self._sent.read_new_fills()):
            if maker is None or taker is None:
                with_others += 1
            else:
                pair = [self._find_id(each["client_order_id"]) for each in (maker, taker)]
                found[Matched(pair[0], pair[1], maker["ticks"], maker["lots"])] += 1
        recorded = self._book.sum_levels()
        is_known = bool(self._book.trades) or not is_crossed(recorded)
        levels, equal = count_equal(recorded, self._sent.sum_levels())
        followed = (expected & found).total()
        whole = levels if is_known else None
        return Outcome(expected.total(), followed, whole, equal, with_others, self._notices.list())

    def _send(self, record: OrderRecord) -> None:
        orders, sender = self._book.orders, self._sender
        match record:
            case Placed(order_id, is_buy, price, quantity, is_ioc):
                sender.place(SentOrder(self._name(order_id), is_buy, price, quantity, is_ioc))
            case Executed(order_id, quantity):
                order, name = orders[order_id], self._name(self._book.name_taker())
                sender.place(
                    SentOrder(name, not order.is_buy, order.price, quantity, is_taker=True)
                )
            case Resized(order_id, total):
                self._resize(order_id, total)
            case Reduced(order_id, quantity):
                self._resize(order_id, orders[order_id].total - quantity)
            case Removed(order_id):
                sender.cancel(self._name(order_id))

    def _resize(self, order_id: str, total: int) -> None:
        order = self._book.orders[order_id]
        if total > order.total - order.remaining:
            self._sender.resize(self._name(order_id), total)
        else:
            self._sender.cancel(self._name(order_id))

    def _name(self, order_id: str) -> str:
        """Return the order's name in the exchange: its id, unless that would be none."""
        if is_identifier(order_id) and len(order_id) <= _MAX_ID:
            return f"{self._run}.{self._generation}.{order_id}"
        if order_id not in self._names:
            name = f"{self._run}.{self._generation}..{len(self._ids)}"
            self._names[order_id] = name
            self._ids[name] = order_id
        return self._names[order_id]

    def _find_id(self, name: str) -> str:
        return self._ids.get(name) or name.split(".", 2)[2]
