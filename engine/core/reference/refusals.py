"""The first reason against a command, or none: post-only, ranges, duplicate ids, room."""

from collections.abc import Mapping
from operator import index

from engine.core.codes import (
    BASIS_POINT_UNIT,
    MAX_ORDER_ID,
    MAX_PARTS,
    MAX_PRICE,
    MAX_QUANTITY,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TrailingUnit,
)
from engine.core.reference.book import (
    NEVER_REST,
    TAKES_TIME_IN_FORCE,
    TRIGGERED_TYPES,
    WITHOUT_PRICE,
    Book,
    Order,
)
from engine.core.reference.ledger import Ledger


def to_int64(number: int) -> int:
    """Return a number if it fits into 64 bits, else -1, which no field accepts."""
    number = index(number)
    return number if -(2**63) <= number < 2**63 else -1


def refuse_form(order: Order, symbols: int, ledger: Ledger | None) -> Reason:
    """Return the first reason against a new order that can be seen without its book."""
    is_account = order.account >= 0 if ledger is None else 1 <= order.account < ledger.accounts
    lowest_price = order.order_type not in WITHOUT_PRICE
    highest_stop = MAX_PRICE * (order.order_type in TRIGGERED_TYPES)
    lowest_stop = min(1, highest_stop) * (not order.offset)
    checks = (
        (0 <= order.symbol < symbols, Reason.INVALID_SYMBOL),
        (1 <= order.order_id <= MAX_ORDER_ID, Reason.INVALID_ORDER_ID),
        (is_account, Reason.INVALID_ACCOUNT),
        (order.side in (Side.BUY, Side.SELL), Reason.INVALID_SIDE),
        (0 <= order.order_type <= max(OrderType), Reason.INVALID_ORDER_TYPE),
        (0 <= order.prevention <= max(SelfTradePrevention), Reason.INVALID_SELF_TRADE_PREVENTION),
        (1 <= order.remaining <= MAX_QUANTITY, Reason.INVALID_QUANTITY),
        (lowest_price <= order.price <= lowest_price * MAX_PRICE, Reason.INVALID_PRICE),
        (lowest_stop <= order.stop_price <= highest_stop, Reason.INVALID_STOP_PRICE),
    )
    return next((reason for is_met, reason in checks if not is_met), Reason.NONE)


def refuse_special(order: Order, quote_amount: int) -> Reason:
    """Return the first reason against what few orders have."""
    if order.time_in_force not in set(TimeInForce):
        return Reason.INVALID_TIME_IN_FORCE
    if order.time_in_force and order.order_type not in TAKES_TIME_IN_FORCE:
        return Reason.INVALID_TIME_IN_FORCE
    if order.display and not has_parts(order):
        return Reason.INVALID_DISPLAY_QUANTITY
    if quote_amount < 0 or (quote_amount and order.order_type != OrderType.MARKET):
        return Reason.INVALID_QUANTITY
    if not is_sound_offset(order):
        return Reason.INVALID_TRAILING_OFFSET
    return Reason.NONE


def is_sound_offset(order: Order) -> bool:
    """Whether an order can trail by its offset, or has none."""
    if order.offset == order.unit == 0:
        return True
    if order.order_type not in TRIGGERED_TYPES or order.unit not in set(TrailingUnit):
        return False
    is_in_points = order.unit == TrailingUnit.BASIS_POINTS
    return 1 <= order.offset <= (BASIS_POINT_UNIT - 1 if is_in_points else MAX_PRICE)


def has_parts(order: Order) -> bool:
    """Whether an order can show as much of it at a time as it says."""
    return (
        1 <= order.display < order.remaining <= order.display * MAX_PARTS
        and order.order_type not in NEVER_REST | WITHOUT_PRICE
        and not order.time_in_force
    )


def refuse_place(
    order: Order, book: Book, open_orders: Mapping[int, Order], max_orders: int
) -> Reason:
    """Return the first reason against a new order that lies in what is there already."""
    if order.order_id in open_orders:
        return Reason.DUPLICATE_ORDER_ID
    if len(open_orders) >= max_orders and order.order_type not in NEVER_REST:
        return Reason.TOO_MANY_OPEN_ORDERS
    if order.order_type == OrderType.POST_ONLY and book.would_trade(order):
        return Reason.WOULD_TRADE
    return Reason.NONE


def refuse_funds(
    order: Order,
    book: Book,
    ledger: Ledger | None,
    before: Order | None = None,
    quote_amount: int = 0,
) -> Reason:
    """Return what the ledger has against an order; `before` is what an amend replaces."""
    if ledger is None or order.symbol not in ledger.terms:
        return Reason.NONE
    if quote_amount and ledger.lacks_amount(order, quote_amount):
        return Reason.INSUFFICIENT_BALANCE
    if ledger.is_out_of_range(order):
        return Reason.NOTIONAL_OUT_OF_RANGE
    held = ledger.held_for(before, before.remaining) if before else 0
    is_short = ledger.lacks_funds(order, held) or (
        order.order_type == OrderType.MARKET and ledger.lacks_cost(order, book)
    )
    return Reason.INSUFFICIENT_BALANCE if is_short else Reason.NONE


def refuse_amend(order: Order, quantity: int, price: int, stop_price: int) -> Reason:
    """Return the first reason against an amend of this order; 0 keeps a value."""
    if quantity == price == stop_price == 0:
        return Reason.NOTHING_TO_AMEND
    if not 0 <= quantity <= MAX_QUANTITY:
        return Reason.INVALID_QUANTITY
    if order.display and quantity > order.display * MAX_PARTS:
        return Reason.INVALID_DISPLAY_QUANTITY
    if not 0 <= price <= (MAX_PRICE if order.price else 0):
        return Reason.INVALID_PRICE
    has_stop = order.waiting and order.order_type in TRIGGERED_TYPES and not order.offset
    if not 0 <= stop_price <= (MAX_PRICE if has_stop else 0):
        return Reason.INVALID_STOP_PRICE
    return Reason.NONE
