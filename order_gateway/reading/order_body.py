"""The body of a new order, decoded several times as fast as by its documented model.

It accepts exactly what `request_schemas.OrderRequest` accepts; that model then explains what is
wrong with a body that is not accepted.
"""

import msgspec

from protocol.enums import (
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TrailingOffsetType,
    Uniqueness,
)


class OrderBody(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A new order."""

    symbol: str
    side: Side
    order_type: OrderType
    quantity: str | None = None
    price: str | None = None
    stop_price: str | None = None
    client_order_id: str | None = None
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE
    unique: Uniqueness | None = None
    time_in_force: TimeInForce | None = None
    expires_at: str | None = None
    display_quantity: str | None = None
    quote_quantity: str | None = None
    reject_if_triggered: bool = False
    trailing_offset: str | None = None
    trailing_offset_type: TrailingOffsetType | None = None
    activation_price: str | None = None


decode_order = msgspec.json.Decoder(OrderBody).decode
"""Decode an OrderBody; raise msgspec.DecodeError, UnicodeDecodeError or RecursionError."""
