"""Bodies of requests, as the OpenAPI document shows them."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from protocol.commands import IDENTIFIER_PATTERN, MAX_TIMER_SECONDS
from protocol.decimals import DECIMAL_PATTERN
from protocol.enums import OrderType, SelfTradePrevention, Side

DEFAULT_SYMBOL = "BTC-USDT"
MAX_BATCH_ORDERS = 500

_ORDER: dict[str, Any] = {
    "symbol": "BTC-USDT",
    "order_type": "limit",
    "side": "buy",
    "price": "60000",
    "quantity": "1.0",
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


class BatchRequest(BaseModel):
    """Up to 500 new orders, which go into the queue together and in this order."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"orders": [_ORDER, _ORDER | {"price": "59990"}]}]},
    )

    orders: Annotated[list[OrderRequest], Field(min_length=1, max_length=MAX_BATCH_ORDERS)]


class CancelAfterRequest(BaseModel):
    """`seconds` from now the account's open orders are canceled, unless renewed; 0 disarms."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [{"seconds": 60}]}
    )

    seconds: Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": MAX_TIMER_SECONDS})]
