"""An accountant of the core's ledger that sees only terms, credits and events.

From them it keeps balances of its own: what the open orders hold is worked out anew from the orders
each time, so that a hold that was forgotten, or released twice, shows.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from engine.core import FEE_UNIT, FEES_ACCOUNT, Event, EventKind, EventRow, ListKind, Side, Terms

Place = tuple[int, int]
"""An account and an asset."""


@dataclass(slots=True)
class HeldOrder:
    """An open order as far as it matters for money."""

    account: int
    symbol: int
    side: int
    price: int
    remaining: int
    partner: int = 0
    is_bought: bool = False
    received: int | None = None


class Links(NamedTuple):
    """How an order of a list hangs on the others, as far as it matters for money."""

    partner: int = 0
    """The other leg of an OCO: both have one hold."""
    is_bought: bool = False
    """Whether it holds what its working order buys."""
    is_buying: bool = False
    """Whether it buys for others."""


NO_LINKS = Links()


def read_links(kind: int, ids: Sequence[int]) -> dict[int, Links]:
    """The links of the orders of a list."""
    is_opo = kind in (ListKind.OPO, ListKind.OPOCO)
    first, second = ids[-2:]
    pairs = {} if kind in (ListKind.OTO, ListKind.OPO) else {first: second, second: first}
    pending = ids if kind == ListKind.OCO else ids[1:]
    return {
        order_id: Links(
            pairs.get(order_id, 0), is_opo and order_id in pending, is_opo and order_id == ids[0]
        )
        for order_id in ids
    }


class Accountant:
    """Keeps the books from outside; `total` and `locked` are what a ledger must show."""

    def __init__(self, terms: dict[int, Terms]) -> None:
        self.terms = terms
        self.total: Counter[Place] = Counter()
        """What each account has of each asset, locked or free."""
        self.credited: Counter[int] = Counter()
        """What came in from outside, by asset."""
        self.rates: dict[Place, tuple[int, int]] = {}
        """An account's own maker and taker rate for a symbol, -1 for all others."""
        self._orders: dict[int, HeldOrder] = {}
        self._commissions: tuple[int, int] | None = None

    def credit(self, account: int, asset: int, amount: int) -> None:
        self.total[account, asset] += amount
        self.credited[asset] += amount

    def read(
        self, rows: Iterable[EventRow], owner: int, links: Mapping[int, Links] | None = None
    ) -> None:
        """Read the events of a command; `owner` is whose orders it makes, if it makes any.

        `links` are those of a list's orders.
        """
        for row in rows:
            event = Event._make(row)
            if event.kind == EventKind.ACCEPTED:
                self._open(event, owner, (links or {}).get(event.order_id, NO_LINKS))
            elif event.kind in (EventKind.AMENDED, EventKind.RELEASED):
                order = self._orders[event.order_id]
                order.price, order.remaining = event.price, event.remaining
                order.is_bought = order.is_bought and event.kind == EventKind.AMENDED
            elif event.kind == EventKind.REDUCED:
                self._orders[event.order_id].remaining = event.remaining
            elif event.kind in (EventKind.CANCELED, EventKind.EXPIRED):
                self._end(event.order_id)
            elif event.kind == EventKind.COMMISSION:
                self._commissions = (event.quantity, event.remaining)
            elif event.kind == EventKind.TRADE:
                self._trade(event)

    def _open(self, event: Event, owner: int, links: Links) -> None:
        order = HeldOrder(owner, event.symbol, event.side, event.price, event.remaining)
        order.partner, order.is_bought = links.partner, links.is_bought
        order.received = 0 if links.is_buying else None
        self._orders[event.order_id] = order

    def _end(self, order_id: int) -> None:
        """The order ends; a later one that bears its id is nobody's other leg."""
        partner = self._orders.get(self._orders.pop(order_id).partner)
        if partner:
            partner.partner = 0

    def locked(self) -> Counter[Place]:
        """What the open orders hold."""
        held: Counter[Place] = Counter()
        for order_id, order in self._orders.items():
            terms = self.terms[order.symbol]
            partner = self._orders.get(order.partner)
            held[order.account, terms.base] += order.received or 0
            if order.is_bought or (partner and order_id > order.partner):
                continue
            need = max(self._need(order), self._need(partner) if partner else 0)
            held[order.account, terms.base if order.side == Side.SELL else terms.quote] += need
        return held

    def _need(self, order: HeldOrder) -> int:
        """What an order would hold by itself."""
        terms = self.terms[order.symbol]
        if order.side == Side.SELL:
            return order.remaining * terms.lot_units
        return order.price * order.remaining * terms.step_units

    def _trade(self, event: Event) -> None:
        taker, maker = self._orders[event.order_id], self._orders[event.other_id]
        terms = self.terms[event.symbol]
        buyer, seller = (taker, maker) if event.side == Side.BUY else (maker, taker)
        notional = event.price * event.quantity * terms.step_units
        amount = event.quantity * terms.lot_units
        self.total[buyer.account, terms.quote] -= notional
        self.total[seller.account, terms.base] -= amount
        paid = {}
        for order, asset, received in (
            (buyer, terms.base, amount),
            (seller, terms.quote, notional),
        ):
            commission = self._commission(order, received, is_maker=order is maker)
            self.total[order.account, asset] += received - commission
            self.total[FEES_ACCOUNT, asset] += commission
            paid[order is maker] = commission
            if order is buyer and order.received is not None:
                order.received += received - commission
        assert self._commissions == (paid[False], paid[True])
        self._commissions = None
        for order, order_id, remaining in (
            (taker, event.order_id, event.remaining),
            (maker, event.other_id, event.other_remaining),
        ):
            order.remaining = remaining
            if not remaining:
                self._end(order_id)

    def _commission(self, order: HeldOrder, received: int, *, is_maker: bool) -> int:
        terms = self.terms[order.symbol]
        rates = self.rates.get(
            (order.account, order.symbol),
            self.rates.get((order.account, -1), (terms.maker_fee, terms.taker_fee)),
        )
        doubled, rest = divmod(2 * received * rates[not is_maker], FEE_UNIT)
        whole = doubled // 2
        if doubled % 2 and (rest or whole % 2):  # above the half, or the half of an odd number
            return whole + 1
        return whole
