"""Words for the core's numbers, for scenarios and messages that a trader can read."""

from typing import Final

from engine.core import Event, EventKind, OpenOrder, OrderType, Reason, SelfTradePrevention, Side

ACCOUNTS: Final = ("nobody", "alice", "bob", "carol", "dave")
FEES: Final = "fees"
"""The account 0 of a ledger."""
ASSETS: Final = ("BTC", "USDT")
"""Base and quote of the scenarios' symbol."""


def to_account(name: str) -> int:
    return 0 if name == FEES else ACCOUNTS.index(name)


def word(code: EventKind | OrderType | Reason | SelfTradePrevention | Side) -> str:
    return code.name.lower()


def render_order(order: OpenOrder) -> str:
    """Render an order as a part of a book table's line."""
    owner = f"#{order.order_id} {ACCOUNTS[order.account]} {order.remaining}"
    filled = f" of {order.quantity}" if order.filled else ""
    prevention = SelfTradePrevention(order.self_trade_prevention)
    suffix = f" {word(prevention)}" if prevention else ""
    return owner + filled + suffix


def render_waiting(order: OpenOrder) -> str:
    kind = f"{word(Side(order.side))} {word(OrderType(order.order_type))} stop {order.stop_price}"
    price = f" at {order.price}" if order.price else ""
    return f"  waiting  {kind}{price} | {render_order(order)}"


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
        case EventKind.LEVEL:
            return f"{row.update_id}: {side} {row.price} now {row.quantity}"
        case EventKind.ACCEPTED | EventKind.AMENDED | EventKind.TRIGGERED:
            return _order_details(kind, row)
        case EventKind.REDUCED:
            return f"#{row.order_id} by {row.quantity} to {row.remaining}, met #{row.other_id}"
        case EventKind.CANCELED | EventKind.EXPIRED:
            return f"#{row.order_id} {side} {row.quantity}"
        case _:
            return f"#{row.order_id}"


def _order_details(kind: EventKind, row: Event) -> str:
    way = " by a trade at" if kind == EventKind.TRIGGERED else " at"
    price = f"{way} {row.price}" if row.price else ""
    stop = f" stop {row.stop_price}" if row.stop_price else ""
    place = ", place kept" if row.has_kept_place else ", place lost"
    suffix = place if kind == EventKind.AMENDED else ""
    return f"#{row.order_id} {word(Side(row.side))} {row.remaining}{stop}{price}{suffix}"
