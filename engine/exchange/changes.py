"""What becomes of open orders by a command: amended, canceled, canceled together, or by a timer.

Compiled where there is a compiler (`changes.pxd` has the types).
"""

from engine.exchange.batch import MAX_BATCH_SIZE, Batch
from engine.exchange.entry import Entry
from engine.exchange.exchange import Exchange
from engine.exchange.orders import Order
from engine.exchange.own_entries import parse_moment
from engine.exchange.replies import Outcome
from protocol.commands import check_account, check_seconds, parse_order_id
from protocol.enums import OPEN_STATUSES, Reason
from protocol.refusal import Refusal
from protocol.timestamps import format_timestamp


def cancel(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Cancel one order."""
    order = _find_open_order(exchange, entry)
    account = exchange.accounts[order.account]
    exchange.reader.read(exchange.matcher.cancel(order.order_id, account), batch)
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
    last_price = exchange.matcher.last_trade_price(instrument.index)
    exchange.rules.check_amend(order, entry.quantity, quantity, price, last_price)
    account = exchange.accounts[order.account]
    events = exchange.matcher.amend(order.order_id, account, quantity, price, stop_price)
    exchange.reader.read(events, batch)
    return Outcome(order, None, order.reason)


def cancel_all(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Cancel an account's orders, of one symbol or of all."""
    symbol = (
        -1
        if entry.symbol is None
        else exchange.rules.find_instrument(entry.symbol, batch.sequence).index
    )
    account = check_account(entry.account)
    canceled = _cancel_orders(exchange, account, symbol, Reason.CANCEL_ALL, batch)
    return Outcome(canceled=canceled)


def cancel_after(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Set, renew or stop the account's timer."""
    account, seconds = check_account(entry.account), check_seconds(entry.seconds)
    if not seconds:
        exchange.timers.clear(account)
        return Outcome()
    deadline = batch.timestamp + seconds * 1_000_000
    exchange.timers.set(account, deadline)
    return Outcome(due=format_timestamp(deadline))


def expire_timers(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """What was due when the entry was pushed, as far as one commit can hold it."""
    moment = min(parse_moment(entry.received_at, batch.timestamp), batch.timestamp)
    timers = exchange.timers
    timers.note_expired()
    canceled = 0
    while canceled < MAX_BATCH_SIZE and (account := timers.pop_due(moment)):
        canceled += _cancel_orders(exchange, account, -1, Reason.CANCEL_AFTER, batch)
    return Outcome()


def _find_open_order(exchange: Exchange, entry: Entry) -> Order:
    """The order that `entry` names; another account's is as unknown as none."""
    order = exchange.orders.find(parse_order_id(entry.order_id))
    if order is None or order.account != entry.account:
        raise Refusal(Reason.UNKNOWN_ORDER, "order_id", "the account has no such order")
    if order.status not in OPEN_STATUSES:
        raise Refusal(Reason.ORDER_CLOSED, "order_id", f"the order is {order.status}")
    return order


def _amended_prices(order: Order, entry: Entry) -> tuple[int, int]:
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


def _cancel_orders(
    exchange: Exchange, account: str, symbol: int, reason: Reason, batch: Batch
) -> int:
    """Take off an account's orders; how many there were."""
    number = exchange.accounts.get(account)
    if number is None:
        return 0
    return exchange.reader.read_canceled(exchange.matcher.cancel_all(number, symbol), reason, batch)
