"""Messages of `/ws/orders`, as the AsyncAPI document shows them."""

from typing import Annotated, Literal

from pydantic import Field

from order_gateway.document.answer_schemas import (
    ActivationPrice,
    DisplayQuantity,
    ExecutionNumber,
    ExpiresAt,
    FillItem,
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
from order_gateway.document.balance_schemas import BalanceItem
from order_gateway.document.command_schemas import COMMANDS, Answer
from protocol.asyncapi import Stream
from protocol.described_body import DescribedBody
from protocol.enums import (
    BalanceCause,
    CommandType,
    Liquidity,
    OrderType,
    Reason,
    Side,
    Status,
)

OfShard = Annotated[
    int | None, Field(description="which one it is about; only if the exchange has several shards")
]


class OrderNow(DescribedBody):
    """An order as it is after one change of it."""

    order_id: str
    number: OrderNumber
    execution_number: ExecutionNumber
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
    filled_notional: str
    average_price: str | None
    status: Status
    reason: Reason | None
    sequence: Annotated[int, Field(description="the command that led to this state")]
    timestamp: Annotated[str, Field(description="the engine's stamp of this state")]
    time_in_force: OrderTimeInForce = None
    expires_at: ExpiresAt = None
    display_quantity: DisplayQuantity = None
    quote_quantity: QuoteQuantity = None
    prevented_quantity: PreventedQuantity = None
    self_trade_prevention: Prevention = None
    list: OfList = None
    reject_if_triggered: RejectIfTriggered = None
    trailing_offset: TrailingOffset = None
    trailing_offset_type: OrderTrailingOffsetType = None
    activation_price: ActivationPrice = None


class PreventedMatchItem(DescribedBody):
    """What self-trade prevention took from an order that met another of its account."""

    prevented_match_id: int
    price: str
    quantity: str
    liquidity: Liquidity
    other_order_id: str


class Report(OrderNow):
    """One change of an order."""

    type: Literal["execution_report"]
    previous_client_order_id: Annotated[
        str, Field(description="before the amend that it is about; only there")
    ] = ""
    previous_quantity: Annotated[
        str, Field(description="before the amend that it is about; only there")
    ] = ""
    cancel_id: Annotated[str, Field(description="that of the cancel; only if it had one")] = ""
    last_trade: FillItem | None
    prevented_match: Annotated[
        PreventedMatchItem | None, Field(description="if that is what has changed it")
    ] = None


class Rejection(DescribedBody):
    """A command that changed nothing."""

    type: Literal["command_rejected"]
    sequence: Annotated[int, Field(description="the command's place")]
    timestamp: Annotated[str, Field(description="the engine's stamp")]
    command: CommandType | None
    order_id: str | None
    client_order_id: str | None
    account: str | None
    reason: Reason
    detail: str | None


class Position(DescribedBody):
    """The balances that a commit changed, as they are after it."""

    type: Literal["account_position"]
    account: str
    sequence: Annotated[int, Field(description="the last command of the commit")]
    timestamp: Annotated[str, Field(description="the engine's stamp")]
    balances: Annotated[list[BalanceItem], Field(description="of the assets that changed")]


class Change(DescribedBody):
    """What the account got or gave other than by trading."""

    type: Literal["balance_changed"]
    account: str
    asset: str
    amount: Annotated[str, Field(description="below 0 if the account gave it")]
    cause: BalanceCause
    id: Annotated[
        str | None,
        Field(description="the credit's, debit's or transfer's; null for an opening"),
    ]
    sequence: Annotated[int, Field(description="the command's place")]
    timestamp: Annotated[str, Field(description="the engine's stamp")]
    shard: Annotated[int | None, Field(description="of a transfer: the other shard")] = None
    transfer: Annotated[int | None, Field(description="its number")] = None


class Snapshot(DescribedBody):
    """The open orders, oldest first, and the balances; reports after it follow."""

    type: Literal["snapshot"]
    number: int
    shard: OfShard = None
    sequence: Annotated[int, Field(description="the orders are as of this command")]
    account: str
    exchange_id: str | None
    shards: Annotated[
        list[int] | None, Field(description="those that there are; only if they are several")
    ] = None
    balances: Annotated[
        list[BalanceItem] | None,
        Field(description="of every asset, as of `sequence`; null: the exchange keeps no ledger"),
    ]
    orders: Annotated[list[OrderNow], Field(description="the open ones, oldest first")]


class ExecutionReport(DescribedBody):
    """A change of an order of the account."""

    type: Literal["execution_report"]
    number: int
    shard: OfShard = None
    data: Report


class CommandRejected(DescribedBody):
    """A command of the account that changed nothing."""

    type: Literal["command_rejected"]
    number: int
    shard: OfShard = None
    data: Rejection


class BalanceChanged(DescribedBody):
    """A credit or debit of the account, a part of a transfer, or its opening."""

    type: Literal["balance_changed"]
    number: int
    shard: OfShard = None
    data: Change


class AccountPosition(DescribedBody):
    """Balances of the account that a commit changed, behind what changed them."""

    type: Literal["account_position"]
    number: int
    shard: OfShard = None
    data: Position


class Heartbeat(DescribedBody):
    """Sent after five silent seconds."""

    type: Literal["heartbeat"]
    number: Annotated[int, Field(description="repeats that of the last message")]
    shard: OfShard = None
    sequence: Annotated[int, Field(description="reports up to it have been sent")]
    in_sync: bool


class Error(DescribedBody):
    """Sent before the connection is closed."""

    type: Literal["error"]
    code: Reason
    message: str


class Authentication(DescribedBody):
    """The first message of a client that cannot send headers, while authentication is on."""

    key: Annotated[str, Field(description="the API key")]
    timestamp: Annotated[str, Field(description="of a signed one: milliseconds since 1970")] = ""
    signature: Annotated[
        str, Field(description="of a signed one: over timestamp, GET and the path with its query")
    ] = ""


ORDER_STREAM = Stream(
    "GoQuant order stream",
    "The account's open orders and balances, then every change of them; commands and answers.",
    "/ws/orders",
    8000,
    messages=(
        Snapshot,
        ExecutionReport,
        CommandRejected,
        BalanceChanged,
        AccountPosition,
        Heartbeat,
        Answer,
        Error,
    ),
    requests=(Authentication, *COMMANDS),
    query={
        "account": "for a client that cannot send headers, while authentication is off",
        "reports": "`off`: answers to commands alone",
    },
)
