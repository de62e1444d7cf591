"""Answers from the archive, as the OpenAPI document shows them."""

from typing import Any

from protocol.described_body import DescribedBody, make_example
from protocol.enums import Liquidity, OrderType, Reason, Side, Status

_ORDER: dict[str, Any] = {
    "cursor": "17",
    "order_id": "4503599627370495",
    "client_order_id": "my-order-1",
    "account": "default",
    "symbol": "BTC-USDT",
    "side": "buy",
    "order_type": "limit",
    "price": "60000.00",
    "stop_price": None,
    "triggered": None,
    "quantity": "1.00000",
    "filled_quantity": "0.40000",
    "remaining_quantity": "0.60000",
    "canceled_quantity": "0.00000",
    "filled_notional": "24000.0000000",
    "average_price": "60000.00000000",
    "status": "partially_filled",
    "reason": None,
    "sequence": 42,
    "opened_at": "2026-01-31T12:00:00.000001Z",
    "updated_at": "2026-01-31T12:00:01.000001Z",
    "is_uncertain": False,
}
_FILL: dict[str, Any] = {
    "cursor": "33",
    "order_id": "4503599627370495",
    "client_order_id": "my-order-1",
    "account": "default",
    "symbol": "BTC-USDT",
    "side": "buy",
    "trade_id": 7,
    "price": "60000.00",
    "quantity": "0.40000",
    "liquidity": "maker",
    "sequence": 42,
    "timestamp": "2026-01-31T12:00:01.000001Z",
    "commission": "0.00040000",
    "commission_asset": "BTC",
}


class OrderItem(DescribedBody):
    """An order's latest state.

    `is_uncertain`: a part of the history was lost while the order was open, and no report about it
    has come since.
    """

    model_config = make_example(**_ORDER)

    cursor: str
    order_id: str
    client_order_id: str | None
    account: str
    symbol: str | None
    side: Side | None
    order_type: OrderType | None
    price: str | None
    stop_price: str | None
    triggered: bool | None
    quantity: str | None
    filled_quantity: str
    remaining_quantity: str
    canceled_quantity: str
    filled_notional: str
    average_price: str | None
    status: Status
    reason: Reason | None
    sequence: int
    opened_at: str
    updated_at: str
    is_uncertain: bool


class OrderList(DescribedBody):
    """Orders, newest first. `after` is the parameter of the next page, null on the last one.

    Everything that the engine did up to `sequence` is included.
    """

    model_config = make_example(orders=[_ORDER], after="17", sequence=42)

    orders: list[OrderItem]
    after: str | None
    sequence: int


class AccountFill(DescribedBody):
    """An order's share of a trade."""

    model_config = make_example(**_FILL)

    cursor: str
    order_id: str
    client_order_id: str | None
    account: str
    symbol: str
    side: Side
    trade_id: int
    price: str
    quantity: str
    liquidity: Liquidity
    sequence: int
    timestamp: str
    commission: str | None
    commission_asset: str | None


class FillList(DescribedBody):
    """Fills, newest first. `after` is the parameter of the next page, null on the last one.

    Everything that the engine did up to `sequence` is included.
    """

    model_config = make_example(fills=[_FILL], after=None, sequence=42)

    fills: list[AccountFill]
    after: str | None
    sequence: int
