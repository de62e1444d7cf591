"""Bodies of requests, as the OpenAPI document shows them."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from protocol.commands import IDENTIFIER_PATTERN, MAX_TIMER_SECONDS
from protocol.decimals import DECIMAL_PATTERN
from protocol.described_body import DescribedBody
from protocol.enums import CancelScope, OrderType, SelfTradePrevention, Side

MAX_BATCH_ORDERS = 500

_ORDER: dict[str, Any] = {
    "symbol": "BTC-USDT",
    "order_type": "limit",
    "side": "buy",
    "price": "60000",
    "quantity": "1.0",
}

# The patterns are documentation only: values are checked against the instrument, which also knows
# the nearest valid one.
Decimal = Annotated[str, Field(json_schema_extra={"pattern": DECIMAL_PATTERN})]
Identifier = Annotated[str, Field(json_schema_extra={"pattern": IDENTIFIER_PATTERN})]

_PRICE = (
    "a multiple of `tick_size`; required for `limit`, `ioc`, `fok`, `post_only`, `stop_limit` and"
    " `take_profit_limit`, refused for every other type"
)
_STOP_PRICE = (
    "a trade at this price or beyond triggers the order; required for `stop_loss`, `stop_limit`,"
    " `take_profit` and `take_profit_limit`, refused for every other type"
)
_CLIENT_ORDER_ID = "your own id of the order; sent again, it never makes a second order"
_SELF_TRADE_PREVENTION = (
    "what is canceled if two orders of this account would trade: the incoming one"
    " (`cancel_taker`), the resting one (`cancel_maker`), both (`cancel_both`), or the smaller"
    " quantity of each (`decrement`)"
)

_SCOPE = (
    "which orders it cancels: `all`, or all but the protective ones (`except_stops`): stop and"
    " take-profit orders that still wait for their stop price stay"
)


class ResponseMode(StrEnum):
    """How long an answer waits, and how much it says."""

    ACK = "ack"
    RESULT = "result"
    FULL = "full"


class OrderRequest(DescribedBody):
    """A new order, with `price` and `stop_price` if and only if its type needs them."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [_ORDER]},
    )

    symbol: Annotated[str, Field(description="one of `GET /v1/instruments`")]
    side: Side
    order_type: OrderType
    quantity: Annotated[Decimal, Field(description="a multiple of the instrument's `lot_size`")]
    price: Annotated[Decimal | None, Field(description=_PRICE)] = None
    stop_price: Annotated[Decimal | None, Field(description=_STOP_PRICE)] = None
    client_order_id: Annotated[Identifier | None, Field(description=_CLIENT_ORDER_ID)] = None
    self_trade_prevention: Annotated[
        SelfTradePrevention, Field(description=_SELF_TRADE_PREVENTION)
    ] = SelfTradePrevention.NONE


class AmendRequest(DescribedBody):
    """What changes of an order; `quantity` is the new total, filled quantity included."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"price": "60001.50", "quantity": "0.8"}]},
    )

    quantity: Annotated[
        Decimal | None,
        Field(description="the new total; at or below what is filled, the order ends"),
    ] = None
    price: Decimal | None = None
    stop_price: Annotated[
        Decimal | None, Field(description="of an order that is not triggered yet")
    ] = None


class BatchRequest(DescribedBody):
    """Up to 500 new orders, queued together and in this order."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"orders": [_ORDER, _ORDER | {"price": "59990"}]}]},
    )

    orders: Annotated[
        list[OrderRequest],
        Field(min_length=1, max_length=MAX_BATCH_ORDERS, description="each as for a single order"),
    ]


class TransferRequest(DescribedBody):
    """An amount of an asset that an account gets, or that is taken from it; once for an `id`."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"account": "alice", "asset": "USDT", "amount": "1000", "id": "deposit-1"}]
        },
    )

    account: Annotated[Identifier, Field(description="whose balance it is; opened if it is new")]
    asset: Annotated[str, Field(description="one of those that the instruments trade")]
    amount: Annotated[Decimal, Field(description="above 0, a multiple of the asset's unit")]
    id: Annotated[Identifier, Field(description="names it; sent again, it is not done twice")]


class FeesRequest(DescribedBody):
    """Fee rates of an account for an instrument, or, without `symbol`, for all without such."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"account": "alice", "symbol": "BTC-USDT", "maker": "0", "taker": "0.0005"}
            ]
        },
    )

    account: Annotated[Identifier, Field(description="whose orders; opened if it is new")]
    symbol: Annotated[str | None, Field(description="one of `GET /v1/instruments`")] = None
    maker: Annotated[Decimal, Field(description="of what a resting order receives, from 0 to 1")]
    taker: Annotated[Decimal, Field(description="of what an incoming order receives, likewise")]


class CancelAfterRequest(DescribedBody):
    """Cancels the account's open orders in `seconds` unless it is renewed; 0 disarms it."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"seconds": 60}, {"seconds": 60, "scope": "except_stops"}]},
    )

    seconds: Annotated[int, Field(json_schema_extra={"minimum": 0, "maximum": MAX_TIMER_SECONDS})]
    scope: Annotated[CancelScope, Field(description=_SCOPE)] = CancelScope.ALL
