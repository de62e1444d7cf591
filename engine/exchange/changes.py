"""Commands that change open orders: amend, cancel, cancel_all, and the timers' cancels.

Compiled if there is a compiler (`changes.pxd` has the types).
"""

from engine.exchange.batch import MAX_BATCH_SIZE, Batch
from engine.exchange.entry import Entry
from engine.exchange.exchange import Exchange
from engine.exchange.orders import Order
from engine.exchange.own_entries import read_due
from engine.exchange.replies import Outcome
from protocol.commands import check_account, check_seconds, parse_order_id
from protocol.enums import OPEN_STATUSES, CancelScope, Reason
from protocol.refusal import Refusal
from protocol.timestamps import format_timestamp


def cancel(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Cancel one order."""
    order = _find_open_order(exchange, entry)
    exchange.cancel(order, batch)
    return Outcome(order, None, order.reason)


def amend(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Give one order other terms."""
    order = _find_open_order(exchange, entry)
    instrument = order.instrument
    exchange.rules.check_halt(instrument)
    quantity = instrument.quantity_to_lots(entry.quantity) if entry.quantity else 0
    price, stop_price = _amended_prices(order, entry)
    if not (quantity or price or stop_price):
        raise Refusal(Reason.NOTHING_TO_AMEND, None, "give a price, a quantity or a stop_price")
    exchange.check_amend(order, entry.quantity, quantity, price)
    exchange.amend(order, quantity, price, stop_price, batch)
    return Outcome(order, None, order.reason)


def cancel_all(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Cancel an account's orders, of one symbol or of all."""
    symbol = (
        None
        if entry.symbol is None
        else exchange.rules.find_instrument(entry.symbol, batch.sequence).index
    )
    account = check_account(entry.account)
    canceled = exchange.cancel_all(account, symbol, Reason.CANCEL_ALL, batch)
    return Outcome(canceled=canceled)


def cancel_after(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Set, renew or stop the account's timer."""
    account, seconds = check_account(entry.account), check_seconds(entry.seconds)
    if not seconds:
        exchange.timers.clear(account)
        return Outcome()
    microseconds = seconds * 1_000_000
    exchange.timers.set(account, exchange.read_timer_clock() + microseconds, entry.scope)
    return Outcome(due=format_timestamp(batch.timestamp + microseconds))


def expire_timers(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Let the timers ring that were due when the entry was pushed, as many as one commit holds."""
    now = exchange.read_timer_clock()
    moment = min(read_due(entry, exchange.level, now), now)
    timers = exchange.timers
    timers.note_expired()
    canceled = 0
    while canceled < MAX_BATCH_SIZE and (due := timers.pop_due(moment)):
        if due.scope is CancelScope.EXCEPT_STOPS:
            canceled += exchange.cancel_except_stops(due.account, Reason.CANCEL_AFTER, batch)
        else:
            canceled += exchange.cancel_all(due.account, None, Reason.CANCEL_AFTER, batch)
    return Outcome()


def _find_open_order(exchange: Exchange, entry: Entry) -> Order:
    """Find the order that `entry` names; another account's is as unknown as none."""
    order = exchange.orders.find(parse_order_id(entry.order_id))
    if order is None or order.account != entry.account:
        raise Refusal(Reason.UNKNOWN_ORDER, "order_id", "the account has no such order")
    if order.status not in OPEN_STATUSES:
        raise Refusal(Reason.ORDER_CLOSED, "order_id", f"the order is {order.status}")
    return order


def _amended_prices(order: Order, entry: Entry) -> tuple[int, int]:
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
        stop_price = order.instrument.price_to_ticks(entry.stop_price, "stop_price")
    return price, stop_price
