"""Bodies of answers to orders and changes, as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from protocol.described_body import PROBLEM_EXAMPLE, DescribedBody, Problem, make_example
from protocol.enums import (
    CancelScope,
    Liquidity,
    ListState,
    ListType,
    Reason,
    SelfTradePrevention,
    Status,
    TimeInForce,
    TrailingOffsetType,
)

_ORDER_ID = "4503599627370495"
_TIMESTAMP = "2026-01-31T12:00:00.000001Z"

_FILL: dict[str, Any] = {
    "trade_id": 1,
    "price": "60000.00",
    "quantity": "0.40000",
    "liquidity": "taker",
    "commission": "0.00040000",
    "commission_asset": "BTC",
}
_COMMISSION = "taken from what was received; not there if the exchange keeps no balances"
_RESULT = {
    "order_id": _ORDER_ID,
    "number": 64,
    "execution_number": 128,
    "client_order_id": "my-order-1",
    "status": "partially_filled",
    "price": "60000.00",
    "stop_price": None,
    "quantity": "1.00000",
    "filled_quantity": "0.40000",
    "remaining_quantity": "0.60000",
    "canceled_quantity": "0.00000",
    "filled_notional": "24000.0000000",
    "average_price": "60000.00000000",
    "time_in_force": "gtd",
    "expires_at": "2026-02-01T12:00:00.000000Z",
    "display_quantity": None,
    "quote_quantity": None,
    "prevented_quantity": None,
    "list": None,
    "reject_if_triggered": None,
    "trailing_offset": None,
    "trailing_offset_type": None,
    "activation_price": None,
    "reason": None,
    "timestamp": _TIMESTAMP,
}
_LIST: dict[str, Any] = {
    "list_id": 64,
    "list_type": "oco",
    "client_list_id": "my-list-1",
}
_OF_LIST: dict[str, Any] = _LIST | {
    "order_ids": [_ORDER_ID, "4503599627370496"],
    "state": "active",
}
_ACCEPTED: dict[str, Any] = {
    "order_id": _ORDER_ID,
    "client_order_id": "my-order-1",
    "status": "accepted",
    "timestamp": _TIMESTAMP,
}


OrderNumber = Annotated[int | None, Field(description="counts accepted orders; null if rejected")]
OrderTimeInForce = Annotated[
    TimeInForce | None, Field(description="as sent; null for the usual one of its type")
]
ExpiresAt = Annotated[
    str | None, Field(description="when a `gtd` or `day` order ends; null: it does not by itself")
]
DisplayQuantity = Annotated[
    str | None, Field(description="the most that an iceberg shows; null for other orders")
]
QuoteQuantity = Annotated[
    str | None, Field(description="the amount that a market order named; null if it named none")
]
PreventedQuantity = Annotated[
    str | None, Field(description="what self-trade prevention took; null for nothing")
]
Prevention = Annotated[
    SelfTradePrevention | None, Field(description="as sent; null for `none`, and before level 4")
]
RejectIfTriggered = Annotated[
    bool | None, Field(description="true for a stop that was to be rejected rather than fire")
]
TrailingOffset = Annotated[
    str | None, Field(description="of a trailing stop, whose `stop_price` follows the market")
]
OrderTrailingOffsetType = Annotated[
    TrailingOffsetType | None, Field(description="what the offset counts")
]
ActivationPrice = Annotated[
    str | None, Field(description="the price that begins a trailing stop; null: it began at once")
]
ExecutionNumber = Annotated[int | None, Field(description="counts reports; that of the latest one")]
_CANCELED = _RESULT | {"status": "canceled", "reason": "cancel_requested"}


class OrderAccepted(DescribedBody):
    """The order is in the queue.

    There is no `order_id` if its name is unique among the open orders alone: the engine makes it.
    """

    model_config = make_example(**_ACCEPTED)

    order_id: str | None = None
    client_order_id: str
    status: Literal[Status.ACCEPTED]
    timestamp: str


class ChangeAccepted(DescribedBody):
    """The command is in the queue.

    `order_id` is set if it is about one order, `client_order_id` or `number` if the order was named
    by it.
    """

    model_config = make_example(order_id=_ORDER_ID, status="accepted", timestamp=_TIMESTAMP)

    order_id: str | None = None
    number: int | None = None
    client_order_id: str | None = None
    status: Literal[Status.ACCEPTED]
    timestamp: str


class OutcomeUnknown(DescribedBody):
    """The queue's confirmation was lost: the request may have been queued or not."""

    model_config = make_example(
        order_id=_ORDER_ID,
        client_order_id="my-order-1",
        status="unknown",
        timestamp=_TIMESTAMP,
        detail="repeat it with the same client_order_id: that never makes a second order",
    )

    order_id: str | None = None
    number: int | None = None
    client_order_id: str | None = None
    status: Literal[Status.UNKNOWN]
    timestamp: str
    detail: str


class FillItem(DescribedBody):
    """One trade of an order."""

    model_config = make_example(**_FILL)

    trade_id: int
    price: str
    quantity: str
    liquidity: Liquidity
    commission: Annotated[str | None, Field(description=_COMMISSION)] = None
    commission_asset: Annotated[str | None, Field(description="what was received")] = None


class OrderListItem(DescribedBody):
    """The list of an order."""

    model_config = make_example(**_OF_LIST)

    list_id: Annotated[int, Field(description="counts the lists")]
    list_type: ListType
    client_list_id: Annotated[str, Field(description="the account's own name for it")]
    order_ids: Annotated[list[str], Field(description="all its orders, as they were given")]
    state: Annotated[ListState, Field(description="whether this order waits for the first one")]


OfList = Annotated[
    OrderListItem | None, Field(description="the list that it is an order of; null: of none")
]


class OrderResult(DescribedBody):
    """The order after the command (`response=result`).

    An order that has just been rejected also says why, as a problem document does: `detail`,
    `field`, `nearest` and `step`, as far as they are known.
    """

    model_config = make_example(**_RESULT)

    order_id: str
    number: OrderNumber
    execution_number: ExecutionNumber
    client_order_id: str | None
    status: Status
    price: str | None
    stop_price: str | None
    quantity: str | None
    filled_quantity: str
    remaining_quantity: str
    canceled_quantity: str
    filled_notional: str
    average_price: str | None
    time_in_force: OrderTimeInForce
    expires_at: ExpiresAt
    display_quantity: DisplayQuantity
    quote_quantity: QuoteQuantity
    prevented_quantity: PreventedQuantity
    list: OfList
    reject_if_triggered: RejectIfTriggered
    trailing_offset: TrailingOffset
    trailing_offset_type: OrderTrailingOffsetType
    activation_price: ActivationPrice
    reason: Reason | None
    timestamp: str
    detail: str | None = None
    field: str | None = None
    nearest: str | None = None
    step: str | None = None


class OrderFullResult(OrderResult):
    """The order after the command, and the trades of this command (`response=full`).

    A repeat of a new order has all trades of the first. `fills` is null if there are more than
    10,000, or, for a repeat, if the archive does not answer; `GET /v1/fills?order_id=` has them.
    """

    model_config = make_example(**_RESULT, fills=[_FILL])

    fills: list[FillItem] | None


class ReplaceResult(DescribedBody):
    """The new order, and the one that was canceled for it.

    If that could not be canceled and `mode` allows it, `canceled_order` is null and `cancel_reason`
    says why.
    """

    model_config = make_example(
        order=_RESULT,
        canceled_order=_CANCELED,
        cancel_reason=None,
    )

    order: OrderFullResult | OrderResult
    canceled_order: OrderResult | None
    cancel_reason: Reason | None


_LEG = _RESULT | {"status": "open", "list": _OF_LIST}


class OrderListResult(DescribedBody):
    """A list with all its orders, the one on which the others wait first."""

    model_config = make_example(**_LIST, symbol="BTC-USDT", orders=[_LEG, _LEG])

    list_id: int
    list_type: ListType
    client_list_id: str
    symbol: str
    orders: list[OrderFullResult | OrderResult]


class BatchItem(DescribedBody):
    """The outcome of one order: `order` as for a single order, or its `problem`."""

    model_config = make_example(status=201, order=_ACCEPTED)

    status: Annotated[int, Field(description="the HTTP status that it would have by itself")]
    order: OrderFullResult | OrderResult | OrderAccepted | OutcomeUnknown | None = None
    problem: Problem | None = None


class BatchResults(DescribedBody):
    """One result for each order, in the order of the request."""

    model_config = make_example(
        results=[{"status": 201, "order": _ACCEPTED}, {"status": 422, "problem": PROBLEM_EXAMPLE}]
    )

    results: list[BatchItem]


class CancelItem(DescribedBody):
    """The outcome of one cancel: `order` as for a single cancel, or its `problem`."""

    model_config = make_example(status=200, order=_CANCELED)

    status: Annotated[int, Field(description="the HTTP status that it would have by itself")]
    order: OrderFullResult | OrderResult | ChangeAccepted | OutcomeUnknown | None = None
    problem: Problem | None = None


class CancelBatchResults(DescribedBody):
    """One result for each cancel, in the order of the request."""

    model_config = make_example(results=[{"status": 200, "order": _CANCELED}])

    results: list[CancelItem]


class CancelAllResult(DescribedBody):
    """How many orders were canceled."""

    model_config = make_example(canceled=3)

    canceled: int


class CancelAfterResult(DescribedBody):
    """When the timer fires, by the engine's clock; null if it is disarmed."""

    model_config = make_example(seconds=60, scope="all", due="2026-01-31T12:01:00.000001Z")

    seconds: int
    scope: CancelScope
    due: str | None
