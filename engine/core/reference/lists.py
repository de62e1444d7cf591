"""The plain-Python core's order lists: what becomes of the others when an order trades or ends."""

from collections.abc import Iterator
from contextlib import contextmanager

from engine.core.codes import EventKind, Reason, Waiting
from engine.core.reference.book import Order
from engine.core.reference.state import MatcherState

_TELLING_STOP = (Waiting.TRAILING, Waiting.ITS_TURN)
"""What an order waits for that tells its stop price when it ends."""


class ListState(MatcherState):
    """A matcher's state, in which orders end each other or bring each other in."""

    @contextmanager
    def _unhashed(self, order: Order) -> Iterator[None]:
        """Have an order, if it is in the hash, out of it while it changes."""
        is_open = order.order_id in self._orders and order.waiting != Waiting.ITS_TURN
        self._order_hash -= order.mix() * is_open
        yield
        self._order_hash += order.mix() * is_open

    def _release(self, order: Order) -> None:
        """Free what an order holds, and what it has bought for others."""
        self._hold(order, -order.remaining)
        if self._ledger:
            self._ledger.release_received(order, order.received)

    def _end(self, order: Order, kind: EventKind, reason: Reason) -> None:
        """End one open order."""
        self._release(order)
        stop_price = order.stop_price_now if order.waiting in _TELLING_STOP else 0
        self._remove(order)
        self._emit(kind, order, order.remaining, other_remaining=stop_price, reason=reason)

    def _end_linked(self, order: Order, kind: EventKind, reason: Reason) -> None:
        """End the other orders of the list of an order that has ended."""
        linked, partner = self._orders.get(order.link), self._orders.get(order.partner)
        if linked and linked.waiting == Waiting.WORKING_ORDER:
            partner = self._orders.get(linked.partner)
        for each in (linked, partner):
            if each:
                self._end(each, kind, reason)

    def _claim_hold(self, order: Order) -> None:
        """Have a leg hold what it needs, and the other one nothing."""
        if order.is_unheld:
            partner = self._orders[order.partner]
            self._hold(partner, -partner.remaining)
            partner.is_unheld, order.is_unheld = True, False
            self._hold(order, order.remaining)

    def _end_partner(self, order: Order) -> None:
        """End the other leg, if there is one, of a leg that has traded or fires."""
        if order.partner:
            partner = self._orders[order.partner]
            self._claim_hold(order)
            with self._unhashed(order):
                order.partner = 0
            self._end(partner, EventKind.EXPIRED, Reason.OCO_TRIGGER)

    def _meet_links(self, maker: Order) -> None:
        """Do what a trade of a maker means for the others of its list."""
        self._end_partner(maker)
        if maker.link and maker.remaining == 0:
            self._fill_working(maker)

    def _is_bought(self, order: Order) -> bool:
        """Whether an order waits for what its working order buys for it."""
        is_pending = order.waiting == Waiting.WORKING_ORDER
        return is_pending and self._orders[order.link].is_keeping

    def _fill_working(self, working: Order) -> None:
        """Queue the pending orders of a working one that is filled."""
        first = self._orders[working.link]
        quantity = first.remaining
        bought = self._find_bought(working) if working.is_keeping else quantity
        self._part(first, bought or quantity)
        if partner := self._orders.get(first.partner):
            self._part(partner, quantity)
        if self._ledger and working.received:
            kept = self._ledger.held_for(first, bought)
            self._ledger.release_received(working, working.received - kept)
        if bought == 0:
            self._end(first, EventKind.EXPIRED, Reason.INVALID_QUANTITY)
            self._end_linked(first, EventKind.EXPIRED, Reason.LIST_ENDED)
            return
        if working.is_keeping:
            first.is_unheld = False
        self._fired.append(first)

    def _part(self, order: Order, quantity: int) -> None:
        """Part a pending order from its working one, and give it the quantity that it will have."""
        with self._unhashed(order):
            order.link, order.remaining = 0, quantity

    def _find_bought(self, working: Order) -> int:
        bought = self._ledger.find_bought(working) if self._ledger else None
        return working.filled if bought is None else bought
