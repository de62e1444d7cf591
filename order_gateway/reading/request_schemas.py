"""Bodies of requests, as the OpenAPI document shows them."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from protocol.commands import IDENTIFIER_PATTERN, MAX_TIMER_SECONDS
from protocol.decimals import DECIMAL_PATTERN
from protocol.described_body import DescribedBody
from protocol.durations import DURATION_RULE
from protocol.enums import (
    CancelRestriction,
    CancelScope,
    ListType,
    MarketName,
    OrderType,
    Phase,
    ReplaceMode,
    SelfTradePrevention,
    Side,
    TimeInForce,
    TrailingOffsetType,
    Uniqueness,
)

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
    " `take_profit` and `take_profit_limit` without a `trailing_offset`, refused for all others"
)
_CLIENT_ORDER_ID = "your own id of the order; sent again, it never makes a second order"
_UNIQUE = (
    "`open`: the `client_order_id` only has to differ from those of the account's open orders, and"
    " may be used again; a repeat then makes another order, and the engine gives the `order_id`"
)
_SELF_TRADE_PREVENTION = (
    "what is canceled if two orders of this account would trade: the incoming one"
    " (`cancel_taker`), the resting one (`cancel_maker`), both (`cancel_both`), or the smaller"
    " quantity of each (`decrement`)"
)

_QUANTITY = (
    "a multiple of the instrument's `lot_size`; required, but for a `market` order with a"
    " `quote_quantity`"
)
_TIME_IN_FORCE = (
    "what becomes of what does not trade at once, after the trigger too: it rests till it is"
    " canceled (`gtc`, the default), till `expires_at` (`gtd`) or till 00:00 UTC (`day`), or it"
    " expires (`ioc`), or all of it does if not all can trade (`fok`); `limit`, `stop_limit` and"
    " `take_profit_limit` take them all, `post_only` not `ioc` and `fok`, market types none"
)
_EXPIRES_AT = "when a `gtd` order ends: a timestamp, or whole seconds since 1970"
_DISPLAY_QUANTITY = (
    "an iceberg shows so much of it at a time; for orders that can rest at a price, less than"
    " `quantity` and at least a hundredth of it"
)
_QUOTE_QUANTITY = (
    "the amount of the quote asset that a `market` order spends, or is to bring, in the place of"
    " `quantity`, which the engine finds from the book"
)
_REJECT_IF_TRIGGERED = (
    "a stop or take-profit order whose stop price is reached already is rejected, not fired"
)

_TRAILING_OFFSET = (
    "a stop or take-profit order with it has no `stop_price` of its own: that of a sell stays so"
    " far below the highest price since the order began, that of a buy so far above the lowest"
)
_TRAILING_OFFSET_TYPE = (
    "required with `trailing_offset`: whole `basis_points` from 1 to 9999, or a distance in `price`"
)
_ACTIVATION_PRICE = (
    "a trailing stop begins with the first trade at this price or beyond it, as a `stop_price` of"
    " its type would be reached; without it at once, from the last trade's price"
)

_SCOPE = (
    "which orders it cancels: `all`, or all but the protective ones (`except_stops`): stop and"
    " take-profit orders that still wait for their stop price stay"
)


_RESTRICTION = (
    "`only_new`: cancel it only if nothing of it has traded; `only_partially_filled`: only if"
    " something has"
)
_LEGS: list[dict[str, Any]] = [
    {"side": "sell", "order_type": "post_only", "quantity": "1.0", "price": "70000"},
    {"side": "sell", "order_type": "stop_loss", "quantity": "1.0", "stop_price": "55000"},
]
_LIST: dict[str, Any] = {"list_type": "oco", "symbol": "BTC-USDT", "orders": _LEGS}
_LIST_TYPE = (
    "`oco`: two legs, of which one ends the other; `oto`, `otoco`: one order, or two legs, wait"
    " until the first order is filled; `opo`, `opoco`: they sell what that has bought"
)
_LIST_ORDERS = "two or three, as the type has; the one on which the others wait comes first"
_LIST_QUANTITY = (
    "a multiple of the instrument's `lot_size`, the same for both legs; left out for what sells"
    " what was bought"
)
_CLIENT_LIST_ID = "your own name for the list, unique among the open ones"
_OPEN_NAME = "your own id of the order, unique among the open ones"
_CANCEL_ID = "your own id of the cancel, which its report repeats"
_MODE = "if the order cannot be canceled: `stop_on_failure` enters no new one, `allow_failure` does"


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
    quantity: Annotated[Decimal | None, Field(description=_QUANTITY)] = None
    price: Annotated[Decimal | None, Field(description=_PRICE)] = None
    stop_price: Annotated[Decimal | None, Field(description=_STOP_PRICE)] = None
    client_order_id: Annotated[Identifier | None, Field(description=_CLIENT_ORDER_ID)] = None
    self_trade_prevention: Annotated[
        SelfTradePrevention, Field(description=_SELF_TRADE_PREVENTION)
    ] = SelfTradePrevention.NONE
    unique: Annotated[Uniqueness | None, Field(description=_UNIQUE)] = None
    time_in_force: Annotated[TimeInForce | None, Field(description=_TIME_IN_FORCE)] = None
    expires_at: Annotated[str | None, Field(description=_EXPIRES_AT)] = None
    display_quantity: Annotated[Decimal | None, Field(description=_DISPLAY_QUANTITY)] = None
    quote_quantity: Annotated[Decimal | None, Field(description=_QUOTE_QUANTITY)] = None
    reject_if_triggered: Annotated[bool, Field(description=_REJECT_IF_TRIGGERED)] = False
    trailing_offset: Annotated[Decimal | None, Field(description=_TRAILING_OFFSET)] = None
    trailing_offset_type: Annotated[
        TrailingOffsetType | None, Field(description=_TRAILING_OFFSET_TYPE)
    ] = None
    activation_price: Annotated[Decimal | None, Field(description=_ACTIVATION_PRICE)] = None


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
    client_order_id: Annotated[
        Identifier | None, Field(description="the order's name from now on")
    ] = None
    only_lower: Annotated[
        bool, Field(description="refuse all but a lower quantity, with which it keeps its place")
    ] = False


class TargetRequest(DescribedBody):
    """An order of the account, named in one of three ways."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"number": 64, "restriction": "only_new"}]},
    )

    order_id: Annotated[str | None, Field(description="its id")] = None
    number: Annotated[int | None, Field(description="its number")] = None
    client_order_id: Annotated[Identifier | None, Field(description="its name")] = None
    restriction: Annotated[CancelRestriction | None, Field(description=_RESTRICTION)] = None
    cancel_id: Annotated[Identifier | None, Field(description=_CANCEL_ID)] = None


class ReplaceRequest(DescribedBody):
    """A cancel and a new order, which the engine handles as one command."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"replaced": {"number": 64}, "order": _ORDER}]},
    )

    replaced: Annotated[TargetRequest, Field(description="the order to cancel")]
    order: Annotated[
        OrderRequest, Field(description="the new one; its name may be that of the other")
    ]
    mode: Annotated[ReplaceMode, Field(description=_MODE)] = ReplaceMode.STOP_ON_FAILURE


class ListOrderRequest(DescribedBody):
    """An order of a list, with `price` and `stop_price` if and only if its type needs them."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [_LEGS[0]]},
    )

    side: Side
    order_type: OrderType
    quantity: Annotated[Decimal | None, Field(description=_LIST_QUANTITY)] = None
    price: Annotated[Decimal | None, Field(description=_PRICE)] = None
    stop_price: Annotated[Decimal | None, Field(description=_STOP_PRICE)] = None
    client_order_id: Annotated[Identifier | None, Field(description=_OPEN_NAME)] = None
    self_trade_prevention: Annotated[
        SelfTradePrevention, Field(description=_SELF_TRADE_PREVENTION)
    ] = SelfTradePrevention.NONE
    time_in_force: Annotated[TimeInForce | None, Field(description=_TIME_IN_FORCE)] = None
    expires_at: Annotated[str | None, Field(description=_EXPIRES_AT)] = None
    display_quantity: Annotated[Decimal | None, Field(description=_DISPLAY_QUANTITY)] = None
    reject_if_triggered: Annotated[bool, Field(description=_REJECT_IF_TRIGGERED)] = False
    trailing_offset: Annotated[Decimal | None, Field(description=_TRAILING_OFFSET)] = None
    trailing_offset_type: Annotated[
        TrailingOffsetType | None, Field(description=_TRAILING_OFFSET_TYPE)
    ] = None
    activation_price: Annotated[Decimal | None, Field(description=_ACTIVATION_PRICE)] = None


class OrderListRequest(DescribedBody):
    """Orders that hang on one another, which the engine takes as a whole or not at all."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [_LIST]},
    )

    list_type: Annotated[ListType, Field(description=_LIST_TYPE)]
    symbol: Annotated[str, Field(description="one of `GET /v1/instruments`")]
    orders: Annotated[list[ListOrderRequest], Field(description=_LIST_ORDERS)]
    client_list_id: Annotated[Identifier | None, Field(description=_CLIENT_LIST_ID)] = None


class CancelBatchRequest(DescribedBody):
    """Up to 500 cancels, queued in this order."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={"examples": [{"orders": [{"number": 64}, {"client_order_id": "b"}]}]},
    )

    orders: Annotated[list[TargetRequest], Field(min_length=1, max_length=MAX_BATCH_ORDERS)]


class BatchRequest(DescribedBody):
    """Up to 500 new orders, queued in this order."""

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
    shard: Annotated[
        int, Field(description="where, if there are several: 1 to 64", ge=1, le=64)
    ] = 1


class MoveRequest(DescribedBody):
    """An amount of an asset that the account moves from one shard to another; once for an `id`."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "examples": [{"asset": "USDT", "amount": "1000", "from": 1, "to": 2, "id": "move-1"}]
        },
    )

    asset: Annotated[str, Field(description="one of those that the instruments trade")]
    amount: Annotated[
        Decimal,
        Field(description="above 0, a multiple of the asset's unit, at most what is free there"),
    ]
    source: Annotated[int, Field(alias="from", description="the shard that has it, 1 to 64")]
    target: Annotated[int, Field(alias="to", description="the shard that gets it, 1 to 64")]
    id: Annotated[Identifier, Field(description="names it; sent again, it is not done twice")]


class AdvanceRequest(DescribedBody):
    """By how much a manual clock moves on."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [{"advance": "1h"}]}
    )

    advance: Annotated[str, Field(description=DURATION_RULE)]


_STEP: dict[str, Any] = {"account": "alice", "advance": "1s", "orders": [_ORDER]}


class StepRequest(DescribedBody):
    """A move of a manual clock, if any, and the orders of an account after it."""

    model_config = ConfigDict(strict=True, extra="forbid", json_schema_extra={"examples": [_STEP]})

    account: Annotated[Identifier, Field(description="whose orders these are")]
    orders: Annotated[list[OrderRequest], Field(description="each as for a single order")]
    advance: Annotated[str, Field(description=DURATION_RULE)] = "0s"


class StepsRequest(DescribedBody):
    """Moves of a manual clock and new orders of several accounts, queued in this order."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [{"steps": [_STEP, _STEP]}]}
    )

    steps: Annotated[list[StepRequest], Field(description="with up to 500 orders in all")]


class MarketRequest(DescribedBody):
    """The market of simulated traders that there is to be."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [{"name": "demo", "seed": 7}]}
    )

    name: Annotated[MarketName, Field(description="whose parameters they trade by")]
    symbol: Annotated[str, Field(description="where they trade")] = "BTC-USDT"
    seed: Annotated[int, Field(ge=0, lt=1 << 53, description="the same seed, the same orders")] = 1
    start_price: Annotated[
        Decimal | None,
        Field(description="where the market begins; by default at a price of the market's own"),
    ] = None


class PhaseRequest(DescribedBody):
    """The phase that an instrument begins."""

    model_config = ConfigDict(
        strict=True, extra="forbid", json_schema_extra={"examples": [{"phase": "closed"}]}
    )

    phase: Phase


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
