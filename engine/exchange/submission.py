"""Take a `new`: an order of its own, or the repeat of one that is known.

Compiled if there is a compiler (`submission.pxd` has the types).
"""

from engine.exchange.batch import Batch
from engine.exchange.entry import Entry
from engine.exchange.exchange import Exchange
from engine.exchange.orders import Order
from engine.exchange.rejects import to_command_rejected, to_rejected_report
from engine.exchange.replies import Outcome
from protocol.commands import (
    check_account,
    check_client_order_id,
    check_order_values,
    derive_order_id,
    parse_order_id,
)
from protocol.enums import Reason
from protocol.instrument import Instrument
from protocol.refusal import Refusal


def submit(exchange: Exchange, entry: Entry, batch: Batch) -> Outcome:
    """Take a new order, or reject it; raise Refusal if it is not even one to reject."""
    account = entry.account
    if account not in exchange.accounts:
        check_account(account)
    client_order_id = check_client_order_id(entry.client_order_id or f"queue:{batch.sequence}")
    order_id = (
        derive_order_id(exchange.id_key, account, client_order_id)
        if entry.order_id is None
        else parse_order_id(entry.order_id)
    )
    known = exchange.orders.find(order_id)
    if known is not None:
        return _repeat(exchange, known, entry, client_order_id, batch)
    try:
        order = _make_order(exchange, entry, order_id, client_order_id, batch.sequence)
    except Refusal as refusal:
        instrument = _find_instrument(exchange, entry, batch.sequence)
        report = to_rejected_report(entry, order_id, client_order_id, instrument, refusal, batch)
        batch.add_reject(report, refusal.code)
        return Outcome(None, report, refusal.code, refusal)
    try:
        exchange.check_new(order, entry.quantity or "")
    except Refusal as refusal:
        exchange.refuse(order, refusal.code, batch)
        return Outcome(order, None, refusal.code, refusal)
    exchange.enter(order, batch)
    if order.reason is Reason.INSUFFICIENT_BALANCE:
        return Outcome(order, None, order.reason, exchange.explain_shortfall(order))
    return Outcome(order, None, order.reason)


def _make_order(
    exchange: Exchange, entry: Entry, order_id: int, client_order_id: str, sequence: int
) -> Order:
    """Make the order that `entry` describes; raise Refusal if its form is wrong.

    Nothing but the form counts, so that a repeat is the same order whatever else has changed.
    """
    instrument = exchange.rules.find_instrument(entry.symbol, sequence)
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


def _find_instrument(exchange: Exchange, entry: Entry, sequence: int) -> Instrument | None:
    try:
        return exchange.rules.find_instrument(entry.symbol, sequence)
    except Refusal:
        return None


def _repeat(
    exchange: Exchange, known: Order, entry: Entry, client_order_id: str, batch: Batch
) -> Outcome:
    """Answer a `new` whose id exists: it never makes a second order."""
    if (known.account, known.client_order_id) != (entry.account, client_order_id):
        raise Refusal(Reason.ORDER_ID_COLLISION, "order_id", "the id is another order's")
    try:
        repeated = _make_order(exchange, entry, known.order_id, client_order_id, batch.sequence)
    except Refusal:
        repeated = None
    if repeated is None or repeated.fingerprint != known.fingerprint:
        raise Refusal(
            Reason.CLIENT_ORDER_ID_REUSED,
            "client_order_id",
            "the client_order_id belongs to an order with another body",
        )
    duplicate = Refusal(Reason.DUPLICATE_ORDER, "client_order_id", "the order exists already")
    batch.add_reject(to_command_rejected(entry, duplicate, batch), duplicate.code)
    return Outcome(known, reason=known.reason, is_duplicate=True)
