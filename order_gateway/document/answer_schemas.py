"""Bodies of answers to orders and changes, as the OpenAPI document shows them."""

from typing import Annotated, Any, Literal

from pydantic import Field

from protocol.described_body import PROBLEM_EXAMPLE, DescribedBody, Problem, make_example
from protocol.enums import CancelScope, Liquidity, Reason, Status

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
    "reason": None,
    "timestamp": _TIMESTAMP,
}
_ACCEPTED: dict[str, Any] = {
    "order_id": _ORDER_ID,
    "client_order_id": "my-order-1",
    "status": "accepted",
    "timestamp": _TIMESTAMP,
}


class OrderAccepted(DescribedBody):
    """The order is in the queue."""

    model_config = make_example(**_ACCEPTED)

    order_id: str
    client_order_id: str
    status: Literal[Status.ACCEPTED]
    timestamp: str


class ChangeAccepted(DescribedBody):
    """The command is in the queue.

    `order_id` is set if it is about one order, `client_order_id` if the order was named by it.
    """

    model_config = make_example(order_id=_ORDER_ID, status="accepted", timestamp=_TIMESTAMP)

    order_id: str | None = None
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


class OrderResult(DescribedBody):
    """The order after the command (`response=result`).

    An order that has just been rejected also says why, as a problem document does: `detail`,
    `field`, `nearest` and `step`, as far as they are known.
    """

    model_config = make_example(**_RESULT)

    order_id: str
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
