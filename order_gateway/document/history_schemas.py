"""Answers from the archive, as the OpenAPI document shows them."""

from typing import Any

from order_gateway.document.answer_schemas import (
    ActivationPrice,
    DisplayQuantity,
    ExecutionNumber,
    ExpiresAt,
    OfList,
    OrderNumber,
    OrderTimeInForce,
    OrderTrailingOffsetType,
    PreventedQuantity,
    Prevention,
    QuoteQuantity,
    RejectIfTriggered,
    TrailingOffset,
)
from protocol.described_body import DescribedBody, make_example
from protocol.enums import Liquidity, ListType, OrderType, Reason, Side, Status

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
    "number": 1088,
    "execution_number": 2112,
    "time_in_force": "gtd",
    "expires_at": "2026-02-01T12:00:00.000000Z",
    "display_quantity": None,
    "quote_quantity": None,
    "prevented_quantity": None,
    "self_trade_prevention": None,
    "working_since": "2026-01-31T12:00:00.000001Z",
    "list": None,
    "reject_if_triggered": None,
    "trailing_offset": None,
    "trailing_offset_type": None,
    "activation_price": None,
    "trailing_since": None,
    "cancel_id": None,
    "strategy": None,
}
_OF_LIST = {
    "list_id": 64,
    "list_type": "oto",
    "client_list_id": "my-list-1",
    "order_ids": ["4503599627370495", "4503599627370496"],
    "state": "active",
}
_LIST: dict[str, Any] = {
    "list_id": 64,
    "list_type": "oto",
    "client_list_id": "my-list-1",
    "symbol": "BTC-USDT",
    "orders": [_ORDER | {"list": _OF_LIST}],
}
_PREVENTED_MATCH: dict[str, Any] = {
    "symbol": "BTC-USDT",
    "prevented_match_id": 3,
    "taker_order_id": "4503599627370496",
    "maker_order_id": "4503599627370495",
    "taker_number": 1152,
    "maker_number": 1088,
    "price": "60000.00",
    "taker_quantity": "0.40000",
    "maker_quantity": None,
    "self_trade_prevention": "cancel_taker",
    "timestamp": "2026-01-31T12:00:01.000001Z",
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
    "number": 1088,
    "execution_number": 2112,
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
    number: OrderNumber
    execution_number: ExecutionNumber
    time_in_force: OrderTimeInForce
    expires_at: ExpiresAt
    display_quantity: DisplayQuantity
    quote_quantity: QuoteQuantity
    prevented_quantity: PreventedQuantity
    self_trade_prevention: Prevention
    working_since: str | None
    list: OfList
    reject_if_triggered: RejectIfTriggered
    trailing_offset: TrailingOffset
    trailing_offset_type: OrderTrailingOffsetType
    activation_price: ActivationPrice
    trailing_since: str | None
    cancel_id: str | None
    strategy: str | None


class OrderListState(DescribedBody):
    """An order list with all its orders, as they were given."""

    model_config = make_example(**_LIST)

    list_id: int
    list_type: ListType
    client_list_id: str
    symbol: str
    orders: list[OrderItem]


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
    number: OrderNumber
    execution_number: ExecutionNumber


class FillList(DescribedBody):
    """Fills, newest first. `after` is the parameter of the next page, null on the last one.

    Everything that the engine did up to `sequence` is included.
    """

    model_config = make_example(fills=[_FILL], after=None, sequence=42)

    fills: list[AccountFill]
    after: str | None
    sequence: int


class PreventedMatchItem(DescribedBody):
    """A match of two orders of the account that self-trade prevention prevented.

    A side's quantity is what it lost, null: nothing; `self_trade_prevention` is the taker's mode.
    """

    model_config = make_example(**_PREVENTED_MATCH)

    symbol: str
    prevented_match_id: int
    taker_order_id: str
    maker_order_id: str
    taker_number: OrderNumber
    maker_number: OrderNumber
    price: str
    taker_quantity: str | None
    maker_quantity: str | None
    self_trade_prevention: Prevention
    timestamp: str


class PreventedMatchList(DescribedBody):
    """Prevented matches, newest first. `after` asks for the next page, null on the last one.

    Everything that the engine did up to `sequence` is included.
    """

    model_config = make_example(prevented_matches=[_PREVENTED_MATCH], after=None, sequence=42)

    prevented_matches: list[PreventedMatchItem]
    after: str | None
    sequence: int
