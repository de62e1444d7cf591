"""Words for the core's numbers, for scenarios and messages that a trader can read."""

from typing import Final

from engine.core import (
    Event,
    EventKind,
    ListKind,
    OpenOrder,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TrailingUnit,
    Waiting,
)

ACCOUNTS: Final = ("nobody", "alice", "bob", "carol", "dave")
FEES: Final = "fees"
"""The account 0 of a ledger."""
ASSETS: Final = ("BTC", "USDT")
"""Base and quote of the scenarios' symbol."""


def to_account(name: str) -> int:
    return 0 if name == FEES else ACCOUNTS.index(name)


Code = EventKind | ListKind | OrderType | Reason | SelfTradePrevention | Side | TimeInForce


def word(code: Code) -> str:
    return code.name.lower()


def render_order(order: OpenOrder) -> str:
    """Render an order as a part of a book table's line."""
    owner = f"#{order.order_id} {ACCOUNTS[order.account]} {order.remaining - order.hidden}"
    if order.display_quantity:
        owner += f" and {order.hidden} hidden"
    filled = f" of {order.quantity}" if order.filled else ""
    prevention = SelfTradePrevention(order.self_trade_prevention)
    suffix = f" {word(prevention)}" if prevention else ""
    return owner + filled + suffix


def render_waiting(order: OpenOrder) -> str:
    return f"  waiting  {_render_terms(order)} | {render_order(order)}"


def render_pending(order: OpenOrder) -> str:
    return f"  pending  {_render_terms(order)} | {render_order(order)} for #{order.link}"


def _render_terms(order: OpenOrder) -> str:
    terms = f"{word(Side(order.side))} {word(OrderType(order.order_type))}"
    if order.time_in_force and order.order_type not in (OrderType.IOC, OrderType.FOK):
        terms += f"/{word(TimeInForce(order.time_in_force))}"
    if order.trailing_offset:
        terms += render_trail(order)
    elif order.stop_price:
        terms += f" stop {order.stop_price}"
    return f"{terms} at {order.price}" if order.price else terms


def render_trail(order: OpenOrder) -> str:
    """Render how an order trails, and from where."""
    unit = "bp" if order.trailing_unit == TrailingUnit.BASIS_POINTS else ""
    text = f" trail {order.trailing_offset}{unit}"
    if order.waiting != Waiting.TRAILING:
        return f"{text} from {order.stop_price}"
    return f"{text} behind {order.extreme or 'nothing'}"


def render_event(row: Event) -> str:
    """Render an event as a sentence."""
    kind = EventKind(row.kind)
    reason = f" ({word(Reason(row.reason))})" if row.reason else ""
    return f"  {word(kind)} {_details(kind, row)}{reason}"


def _details(kind: EventKind, row: Event) -> str:
    side = word(Side(row.side))
    match kind:
        case EventKind.TRADE:
            left = f"left {row.remaining} and {row.other_remaining}"
            verb = "buys from" if row.side == Side.BUY else "sells to"
            return (
                f"{row.trade_id}: #{row.order_id} {verb} #{row.other_id}, "
                f"{row.quantity} at {row.price}, {left}"
            )
        case EventKind.COMMISSION:
            taker, maker = ASSETS if row.side == Side.BUY else reversed(ASSETS)
            return (
                f"{row.trade_id}: #{row.order_id} {row.quantity} {taker}, "
                f"#{row.other_id} {row.remaining} {maker}"
            )
        case EventKind.PREVENTED:
            took = f"{row.quantity} and {row.remaining} at {row.price}"
            return f"{row.number}: #{row.order_id} and #{row.other_id}, {took}"
        case EventKind.LEVEL:
            return f"{row.update_id}: {side} {row.price} now {row.quantity}"
        case (
            EventKind.ACCEPTED
            | EventKind.AMENDED
            | EventKind.TRIGGERED
            | EventKind.ACTIVATED
            | EventKind.RELEASED
        ):
            return _order_details(kind, row)
        case EventKind.REDUCED:
            return f"#{row.order_id} by {row.quantity} to {row.remaining}, met #{row.other_id}"
        case EventKind.CANCELED | EventKind.EXPIRED:
            stop = f" stop {row.stop_price}" if row.stop_price else ""
            return f"#{row.order_id} {side} {row.quantity}{stop}"
        case _:
            return f"#{row.order_id}"


def _order_details(kind: EventKind, row: Event) -> str:
    is_caused = kind in (EventKind.TRIGGERED, EventKind.ACTIVATED)
    way = " by a trade at" if is_caused else " at"
    price = f"{way} {row.price}" if row.price else ""
    stop = f" stop {row.stop_price}" if row.stop_price else ""
    place = ", place kept" if row.has_kept_place else ", place lost"
    suffix = place if kind == EventKind.AMENDED else ""
    if kind == EventKind.ACCEPTED and row.number:
        suffix = ", pending"
    return f"#{row.order_id} {word(Side(row.side))} {row.remaining}{stop}{price}{suffix}"
