"""The first reason against an order list, or none; the links that its orders get."""

from collections.abc import Collection, Mapping, Sequence

from engine.core.codes import MAX_AMOUNT, ListKind, OrderType, Reason, Side, Waiting
from engine.core.reference.book import STOPS, Book, Order
from engine.core.reference.ledger import Ledger

_PROFITS = {OrderType.POST_ONLY, OrderType.TAKE_PROFIT, OrderType.TAKE_PROFIT_LIMIT}
_WORKING = {OrderType.LIMIT, OrderType.IOC, OrderType.FOK, OrderType.POST_ONLY}
_WITH_ONE_PENDING = {ListKind.OTO, ListKind.OPO}


def link_legs(legs: Sequence[Order], kind: int) -> None:
    """Have the orders of a list know each other."""
    if kind >= ListKind.OTO:
        working, *pending = legs
        working.link, working.is_keeping = pending[0].order_id, kind >= ListKind.OPO
        for leg in pending:
            leg.link, leg.waiting = working.order_id, Waiting.WORKING_ORDER
            leg.is_unheld = working.is_keeping
            leg.remaining = working.remaining if working.is_keeping else leg.remaining
    if kind not in _WITH_ONE_PENDING:
        first, second = legs[-2:]
        first.partner, second.partner = second.order_id, first.order_id
        if kind < ListKind.OPO:
            choose_holder(first, second)


def choose_holder(first: Order, second: Order) -> None:
    """Have the leg with the higher price hold for both, the first of equal ones."""
    first.is_unheld = second.price > first.price
    second.is_unheld = not first.is_unheld


def refuse_leg(order: Order, book: Book, taken: Collection[int], room: int) -> Reason:
    """Return the first reason against an order of a list that lies in what is there already."""
    if order.order_id in taken:
        return Reason.DUPLICATE_ORDER_ID
    if room < 0:
        return Reason.TOO_MANY_OPEN_ORDERS
    if order.order_type == OrderType.POST_ONLY and not order.waiting and book.would_trade(order):
        return Reason.WOULD_TRADE
    return Reason.NONE


def refuse_shape(legs: Sequence[Order], kind: int, book: Book) -> tuple[int, Reason]:
    """Return the first reason against a list of orders of good form, and whose it is."""
    working = legs[0]
    if kind >= ListKind.OTO and not (
        working.order_type in _WORKING and (kind < ListKind.OPO or working.side == Side.BUY)
    ):
        return 0, Reason.INVALID_LIST
    for place, leg in enumerate(legs[1:], 1):
        if kind >= ListKind.OPO and leg.side != Side.SELL:
            return place, Reason.INVALID_LIST
    last = len(legs) - 1
    if kind in _WITH_ONE_PENDING:
        return last, Reason.NONE
    if not _is_pair(*legs[-2:]):
        return last, Reason.INVALID_LIST
    if not are_related(*legs[-2:]):
        return last, Reason.PRICE_RELATION
    if kind == ListKind.OCO and not _is_around(legs[0], legs[1], book.last_trade_price):
        return last, Reason.PRICE_RELATION
    return last, Reason.NONE


def refuse_list_funds(legs: Sequence[Order], ledger: Ledger) -> tuple[int, Reason]:
    """Return what the ledger has against a list, and whose order it is."""
    for place, leg in enumerate(legs):
        if ledger.is_out_of_range(leg):
            return place, Reason.NOTIONAL_OUT_OF_RANGE
    for place, leg in enumerate(legs):
        if leg.is_unheld:
            continue
        is_pending = leg.waiting == Waiting.WORKING_ORDER
        if ledger.lacks_both(legs[0], leg) if is_pending else ledger.lacks_funds(leg):
            return place, Reason.INSUFFICIENT_BALANCE
    return 0, Reason.NONE


def _is_pair(first: Order, second: Order) -> bool:
    """Whether two orders can be the legs of an OCO, one with profit and one with loss."""
    profit, loss = _sort_legs(first, second)
    return (
        (first.side, first.remaining) == (second.side, second.remaining)
        and profit.order_type in _PROFITS
        and loss.order_type in STOPS
    )


def are_related(first: Order, second: Order) -> bool:
    """Whether the prices of two legs are on the right sides of each other."""
    profit, loss = _sort_legs(first, second)
    return _is_related(first.side, _awaited_price(profit), _awaited_price(loss))


def _is_around(first: Order, second: Order, last_price: int) -> bool:
    """Whether the last trade, if there was one, is between the prices of two legs."""
    profit, loss = _sort_legs(first, second)
    return last_price == 0 or (
        _is_related(profit.side, _awaited_price(profit), last_price)
        and _is_related(loss.side, last_price, _awaited_price(loss))
    )


def _sort_legs(first: Order, second: Order) -> tuple[Order, Order]:
    """Return the leg that takes profit and the other one."""
    return (second, first) if first.order_type in STOPS else (first, second)


def _awaited_price(order: Order) -> int:
    """Return the price that a leg waits for; 0 if it follows the market, or will at once."""
    if order.order_type == OrderType.POST_ONLY:
        return order.price
    return 0 if order.waiting == Waiting.TRAILING else order.stop_price


def _is_related(side: int, profit: int, stop_price: int) -> bool:
    if not profit or not stop_price:
        return True
    return profit > stop_price if side == Side.SELL else profit < stop_price


# Saved lists


def is_sound_list(order: Order, links: tuple[int, ...]) -> bool:
    """Whether a restored order could have what its record says of its list."""
    is_unheld, is_keeping, partner, link, received = links
    return (
        bool(partner or link)
        and max(is_unheld, is_keeping) <= 1
        and 0 <= received <= (MAX_AMOUNT if is_keeping else 0)
        and not (partner and order.filled)
    )


def is_linked(order: Order, orders: Mapping[int, Order]) -> bool:
    """Whether the orders that a restored order names belong to it."""
    return (not order.partner or _is_partner(order, orders.get(order.partner))) and (
        not order.link or _is_followed(order, orders.get(order.link))
    )


def _is_partner(order: Order, other: Order | None) -> bool:
    return other is not None and (
        other.partner == order.order_id
        and (other.account, other.symbol, other.side) == (order.account, order.symbol, order.side)
        and other.remaining == order.remaining
        and (order.is_unheld or other.is_unheld)
        and order.link == (other.link if order.waiting == Waiting.WORKING_ORDER else 0)
    )


def _is_followed(order: Order, other: Order | None) -> bool:
    is_pending = order.waiting == Waiting.WORKING_ORDER
    return other is not None and (
        is_pending != (other.waiting == Waiting.WORKING_ORDER)
        and (other.account, other.symbol) == (order.account, order.symbol)
        and (other.link == order.order_id or (is_pending and other.link == order.partner))
    )
