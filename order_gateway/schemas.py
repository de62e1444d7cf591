"""Bodies of requests and answers, as the OpenAPI document shows them."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from protocol.commands import IDENTIFIER_PATTERN, MAX_TIMER_SECONDS
from protocol.enums import Liquidity, OrderType, Reason, SelfTradePrevention, Side, Status
from protocol.instrument import DECIMAL_PATTERN

DEFAULT_SYMBOL = "BTC-USDT"
MAX_BATCH_ORDERS = 500

_ORDER_ID = "4503599627370495"
_TIMESTAMP = "2026-01-31T12:00:00.000001Z"

_FILL: dict[str, Any] = {
    "trade_id": 1,
    "price": "60000.00",
    "quantity": "0.40000",
    "liquidity": "taker",
}
_RESULT = {
    "order_id": _ORDER_ID,
    "client_order_id": "my-order-1",
    "status": "partially_filled",
    "filled_quantity": "0.40000",
    "remaining_quantity": "0.60000",
    "filled_notional": "24000.0000000",
    "average_price": "60000.00000000",
    "reason": None,
    "timestamp": _TIMESTAMP,
}
_ORDER: dict[str, Any] = {
    "symbol": "BTC-USDT",
    "order_type": "limit",
    "side": "buy",
    "price": "60000",
    "quantity": "1.0",
}
_PROBLEM: dict[str, Any] = {
    "type": "urn:goquant:problem:off_tick",
    "title": "Off tick",
    "status": 422,
    "code": "off_tick",
    "detail": "price must be a multiple of 0.01",
    "field": "price",
    "nearest": "60123.46",
    "step": "0.01",
}
_ACCEPTED: dict[str, Any] = {
    "order_id": _ORDER_ID,
    "client_order_id": "my-order-1",
    "status": "accepted",
    "timestamp": _TIMESTAMP,
}

# The patterns are documentation: the values are checked with the instrument at hand, which knows
# the nearest valid one.
Decimal = Annotated[str, Field(json_schema_extra={"pattern": DECIMAL_PATTERN})]
Identifier = Annotated[str, Field(json_schema_extra={"pattern": IDENTIFIER_PATTERN})]


class ResponseMode(StrEnum):
    """How long an answer waits, and how much it says."""

    ACK = "ack"
    RESULT = "result"
    FULL = "full"


def make_example(**values: Any) -> ConfigDict:
    """The configuration of a model that shows one example."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class OrderRequest(BaseModel):
    """A new order. `price` and `stop_price` are there exactly where the type needs them."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [_ORDER]},
    )

    symbol: str = DEFAULT_SYMBOL
    side: Side
    order_type: OrderType
    quantity: Decimal
    price: Decimal | None = None
    stop_price: Decimal | None = None
    client_order_id: Identifier | None = None
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE


class AmendRequest(BaseModel):
    """What changes of an order; `quantity` is the new total, filled quantity included."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"price": "60001.50", "quantity": "0.8"}]},
    )

    quantity: Decimal | None = None
    price: Decimal | None = None
    stop_price: Decimal | None = None


class OrderAccepted(BaseModel):
    """The order is in the queue."""

    model_config = make_example(**_ACCEPTED)

    order_id: str
    client_order_id: str
    status: Literal[Status.ACCEPTED]
    timestamp: str


class ChangeAccepted(BaseModel):
    """The command is in the queue; `order_id` where it is about one order."""

    model_config = make_example(order_id=_ORDER_ID, status="accepted", timestamp=_TIMESTAMP)

    order_id: str | None = None
    status: Literal[Status.ACCEPTED]
    timestamp: str


class OutcomeUnknown(BaseModel):
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


class FillItem(BaseModel):
    """One trade of an order."""

    model_config = make_example(**_FILL)

    trade_id: int
    price: str
    quantity: str
    liquidity: Liquidity


class OrderResult(BaseModel):
    """The order after the command (`response=result`)."""

    model_config = make_example(**_RESULT)

    order_id: str
    client_order_id: str | None
    status: Status
    filled_quantity: str
    remaining_quantity: str
    filled_notional: str
    average_price: str | None
    reason: Reason | None
    timestamp: str


class OrderFullResult(OrderResult):
    """The order after the command, and the trades of this command (`response=full`)."""

    model_config = make_example(**_RESULT, fills=[_FILL])

    fills: list[FillItem]


class Problem(BaseModel):
    """An RFC 9457 problem document. `code` is for programs, `detail` for people."""

    model_config = make_example(**_PROBLEM)

    type: str
    title: str
    status: int
    code: Reason
    detail: str
    field: str | None = None
    nearest: str | None = None
    step: str | None = None


class BatchRequest(BaseModel):
    """Up to 500 new orders, which go into the queue together and in this order."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"orders": [_ORDER, _ORDER | {"price": "59990"}]}]},
    )

    orders: Annotated[list[OrderRequest], Field(min_length=1, max_length=MAX_BATCH_ORDERS)]


class BatchItem(BaseModel):
    """What became of one order: `order` as for a single one, or the `problem` with it."""

    model_config = make_example(status=201, order=_ACCEPTED)

    status: int
    order: OrderFullResult | OrderResult | OrderAccepted | OutcomeUnknown | None = None
    problem: Problem | None = None


class BatchResults(BaseModel):
    """One result for each order, in their order."""

    model_config = make_example(
        results=[{"status": 201, "order": _ACCEPTED}, {"status": 422, "problem": _PROBLEM}]
    )

    results: list[BatchItem]


class CancelAllResult(BaseModel):
    """How many orders were canceled."""

    model_config = make_example(canceled=3)

    canceled: int


class CancelAfterRequest(BaseModel):
    """`seconds` from now the account's open orders are canceled, unless renewed; 0 disarms."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [{"seconds": 60}]}
    )

    seconds: Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": MAX_TIMER_SECONDS})]


class CancelAfterResult(BaseModel):
    """When the timer acts, by the engine's clock; null once it is disarmed."""

    model_config = make_example(seconds=60, due="2026-01-31T12:01:00.000001Z")

    seconds: int
    due: str | None
