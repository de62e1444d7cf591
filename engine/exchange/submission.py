"""Take a `new`: an order of its own, or the repeat of one that is known."""

from engine.exchange.batch import Batch
from engine.exchange.exchange import Exchange
from engine.exchange.orders import Order
from engine.exchange.rejects import to_command_rejected, to_rejected_report
from engine.exchange.replies import Outcome
from protocol.commands import (
    QueueEntry,
    check_account,
    check_client_order_id,
    check_order_values,
    derive_order_id,
    parse_order_id,
)
from protocol.enums import TRIGGERED_TYPES, Reason
from protocol.instrument import Instrument
from protocol.refusal import Refusal
from protocol.special_terms import read_special_terms


def submit(exchange: Exchange, entry: QueueEntry, batch: Batch) -> Outcome:
    """Take a new order, or reject it; raise Refusal if it is not even one to reject."""
    account = entry.account
    if account not in exchange.accounts:
        check_account(account)
    client_order_id = check_client_order_id(entry.client_order_id or f"queue:{batch.sequence}")
    is_unique = entry.unique is not None
    order_id = _find_id(exchange, entry, client_order_id, batch.sequence)
    known = exchange.orders.find(order_id)
    if known is not None and not is_unique:
        return _repeat(exchange, known, entry, client_order_id, batch)
    check_name(exchange, account, client_order_id, is_unique)
    check_id(known)
    try:
        order = make_order(exchange, entry, order_id, client_order_id, batch.sequence)
    except Refusal as refusal:
        instrument = _find_instrument(exchange, entry, batch.sequence)
        report = to_rejected_report(
            entry,
            order_id,
            client_order_id,
            instrument,
            refusal,
            batch,
            exchange.numbers.number_report(),
        )
        batch.add_reject(report, refusal.code)
        return Outcome(None, report, refusal.code, refusal)
    try:
        exchange.check_new(order, entry.quantity or "")
    except Refusal as refusal:
        exchange.refuse(order, is_unique, refusal.code, batch)
        return Outcome(order, None, refusal.code, refusal)
    exchange.enter(order, is_unique, batch)
    if order.reason is Reason.INSUFFICIENT_BALANCE:
        return Outcome(order, None, order.reason, exchange.explain_shortfall(order))
    return Outcome(order, None, order.reason)


def _find_id(exchange: Exchange, entry: QueueEntry, client_order_id: str, sequence: int) -> int:
    """Find the id of a new order: the one that was sent, or what follows from its name.

    A name that is unique among the open orders alone says nothing: then it is the sequence.
    """
    if entry.unique is not None:
        if entry.order_id is not None:
            raise Refusal(Reason.INVALID_ORDER_ID, "order_id", "unique leaves the id to the engine")
        return make_unique_id(exchange, entry.account, sequence)
    if entry.order_id is not None:
        return parse_order_id(entry.order_id)
    return derive_order_id(exchange.id_key, entry.account, client_order_id)


def make_unique_id(exchange: Exchange, account: str, place: object) -> int:
    """Make the id of an order whose name is unique among the open ones alone, by its sequence."""
    return derive_order_id(exchange.id_key, account, f"open:{place}")


def check_name(exchange: Exchange, account: str, client_order_id: str, is_unique: bool) -> None:
    """Raise Refusal if an open order has the name of a new one."""
    named = (
        exchange.find_open_name(account, client_order_id)
        if is_unique
        else exchange.orders.find_name(account, client_order_id)
    )
    if named is not None and not named.is_closed:
        raise Refusal(
            Reason.CLIENT_ORDER_ID_OPEN,
            "client_order_id",
            "an open order of the account has this name",
        )


def check_id(known: Order | None) -> None:
    """Raise Refusal if an order is `known` that has the id of a new one."""
    if known is not None:
        raise Refusal(Reason.ORDER_ID_COLLISION, "order_id", "the id is another order's")


def make_order(
    exchange: Exchange, entry: QueueEntry, order_id: int, client_order_id: str, sequence: int
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
        instrument,
        entry.order_type,
        entry.quantity,
        entry.price,
        entry.stop_price,
        entry.quote_quantity,
        entry.trailing_offset,
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
        False if entry.order_type in TRIGGERED_TYPES else None,
        read_special_terms(instrument, entry.order_type, lots, entry),
    )


def _find_instrument(exchange: Exchange, entry: QueueEntry, sequence: int) -> Instrument | None:
    try:
        return exchange.rules.find_instrument(entry.symbol, sequence)
    except Refusal:
        return None


def _is_same(repeated: Order, known: Order) -> bool:
    """Whether two orders came with the same body."""
    return repeated.fingerprint == known.fingerprint and repeated.special == known.special


def _repeat(
    exchange: Exchange, known: Order, entry: QueueEntry, client_order_id: str, batch: Batch
) -> Outcome:
    """Answer a `new` whose id exists: it never makes a second order."""
    if (known.account, known.first_name) != (entry.account, client_order_id):
        raise Refusal(Reason.ORDER_ID_COLLISION, "order_id", "the id is another order's")
    try:
        repeated = make_order(exchange, entry, known.order_id, client_order_id, batch.sequence)
    except Refusal:
        repeated = None
    if repeated is None or not _is_same(repeated, known):
        raise Refusal(
            Reason.CLIENT_ORDER_ID_REUSED,
            "client_order_id",
            "the client_order_id belongs to an order with another body",
        )
    duplicate = Refusal(Reason.DUPLICATE_ORDER, "client_order_id", "the order exists already")
    batch.add_reject(to_command_rejected(entry, duplicate, batch), duplicate.code)
    return Outcome(known, reason=known.reason, is_duplicate=True)
