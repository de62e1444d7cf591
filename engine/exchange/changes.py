"""Commands that change open orders: amend, cancel, cancel_all, and the timers' cancels."""

from engine.exchange.batch import MAX_BATCH_SIZE, Batch
from engine.exchange.exchange import Exchange
from engine.exchange.levels import Level
from engine.exchange.orders import Order
from engine.exchange.own_entries import read_due
from engine.exchange.replies import Outcome
from protocol.commands import (
    QueueEntry,
    check_account,
    check_client_order_id,
    check_seconds,
)
from protocol.enums import OPEN_STATUSES, CancelRestriction, CancelScope, Reason
from protocol.refusal import Refusal
from protocol.special_terms import TrailingTerms
from protocol.timestamps import format_timestamp


def cancel(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Cancel one order."""
    order = _find_open_order(exchange, entry)
    check_restriction(order, entry.restriction)
    exchange.cancel(order, check_cancel_id(entry.cancel_id), batch)
    return Outcome(order, None, order.reason)


def barrier(_exchange: Exchange, _entry: QueueEntry, _batch: Batch) -> Outcome:
    """Do nothing, so that the answer says that all before it is done."""
    return Outcome()


def check_restriction(order: Order, restriction: CancelRestriction | None) -> None:
    """Raise Refusal if the order is not in the state that its cancel is for."""
    if restriction is None:
        return
    if (restriction is CancelRestriction.ONLY_NEW) == (order.filled > 0):
        raise Refusal(
            Reason.CANCEL_RESTRICTED, "restriction", f"the order is {order.status}: {restriction}"
        )


def check_cancel_id(text: str | None) -> str | None:
    """Return what a cancel is called by its owner; raise Refusal if it has a wrong form."""
    return None if text is None else check_client_order_id(text, "cancel_id")


def amend(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Give one order other terms."""
    order = _find_open_order(exchange, entry)
    instrument = order.instrument
    exchange.rules.check_phase(instrument)
    quantity = instrument.quantity_to_lots(entry.quantity) if entry.quantity else 0
    price, stop_price = _amended_prices(order, entry)
    if not (quantity or price or stop_price):
        raise Refusal(Reason.NOTHING_TO_AMEND, None, "give a price, a quantity or a stop_price")
    if entry.only_lower:
        _check_lower(order, quantity, is_alone=not (price or stop_price))
    exchange.check_amend(order, entry.quantity, quantity, price, stop_price)
    new_name = _find_new_name(exchange, order, entry.new_client_order_id)
    exchange.amend(order, quantity, price, stop_price, new_name, batch)
    return Outcome(order, None, order.reason)


def cancel_all(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Cancel an account's orders, of one symbol or of all."""
    symbol = (
        None
        if entry.symbol is None
        else exchange.rules.find_instrument(entry.symbol, batch.sequence).index
    )
    account = check_account(entry.account)
    canceled = exchange.cancel_all(account, symbol, Reason.CANCEL_ALL, batch)
    return Outcome(canceled=canceled)


def cancel_after(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Set, renew or stop the account's timer."""
    account, seconds = check_account(entry.account), check_seconds(entry.seconds)
    if not seconds:
        exchange.timers.clear(account)
        return Outcome()
    microseconds = seconds * 1_000_000
    exchange.timers.set(account, exchange.read_timer_clock() + microseconds, entry.scope)
    return Outcome(due=format_timestamp(batch.timestamp + microseconds))


def expire_timers(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Let the timers ring that were due when the entry was pushed, as many as one commit holds.

    None rings as long as orders have yet to end.
    """
    now = exchange.read_timer_clock()
    moment = min(read_due(entry, exchange.level, now), now)
    timers = exchange.timers
    timers.note_expired()
    canceled = 0
    if exchange.expiries.is_due(exchange.timestamp):
        return Outcome()
    while canceled < MAX_BATCH_SIZE and (due := timers.pop_due(moment)):
        if due.scope is CancelScope.EXCEPT_STOPS:
            canceled += exchange.cancel_except_stops(due.account, Reason.CANCEL_AFTER, batch)
        else:
            canceled += exchange.cancel_all(due.account, None, Reason.CANCEL_AFTER, batch)
    return Outcome()


def _find_open_order(exchange: Exchange, entry: QueueEntry) -> Order:
    """Find the order that `entry` names; another account's or symbol's is as unknown as none."""
    order = exchange.find_order(entry.account, entry.order_id, entry.number, entry.client_order_id)
    if order is not None and entry.symbol is not None and exchange.level >= Level.ORDERS:
        order = order if order.instrument.symbol == entry.symbol else None
    return check_open(order, _name_field(entry.order_id, entry.number))


def check_open(order: Order | None, field: str) -> Order:
    """Return the order; raise Refusal, with the field that named it, if it is not open."""
    if order is None:
        raise Refusal(Reason.UNKNOWN_ORDER, field, "the account has no such order")
    if order.status not in OPEN_STATUSES:
        raise Refusal(Reason.ORDER_CLOSED, field, f"the order is {order.status}")
    return order


def _name_field(order_id: str | None, number: int | None) -> str:
    if order_id is not None:
        return "order_id"
    return "client_order_id" if number is None else "number"


def _check_lower(order: Order, lots: int, is_alone: bool) -> None:
    """Raise Refusal unless the amend lowers the quantity and changes no price."""
    if not lots or not is_alone:
        raise Refusal(Reason.QUANTITY_REQUIRED, "quantity", "only a lower quantity may be given")
    if lots == order.quantity:
        raise Refusal(Reason.NOTHING_TO_AMEND, "quantity", "the order has that quantity")
    if lots > order.quantity:
        raise Refusal(
            Reason.QUANTITY_NOT_LOWER,
            "quantity",
            f"quantity must be below {order.instrument.lots_to_quantity(order.quantity)}",
        )


def _find_new_name(exchange: Exchange, order: Order, name: str | None) -> str | None:
    """Return the name that the amend gives the order, None if it keeps its own."""
    if name is None or name == order.client_order_id:
        return None
    if exchange.find_open_name(order.account, check_client_order_id(name)) is not None:
        raise Refusal(
            Reason.CLIENT_ORDER_ID_OPEN,
            "new_client_order_id",
            "an open order of the account has that name",
        )
    return name


def _amended_prices(order: Order, entry: QueueEntry) -> tuple[int, int]:
    """Return the new price and stop price in ticks, 0 for one to keep."""
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
        if isinstance(order.special, TrailingTerms):
            detail = "the stop price of a trailing stop follows the market: replace the order"
            raise Refusal(Reason.STOP_PRICE_FORBIDDEN, "stop_price", detail)
        stop_price = order.instrument.price_to_ticks(entry.stop_price, "stop_price")
    return price, stop_price
