"""What the engine publishes: public events, private reports, and answers to a gateway.

Prices, quantities and notionals are decimal strings, timestamps ISO-8601 UTC with microseconds.
`gc=False` spares the garbage collector: there are many of these values, never in a circle.
"""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from protocol.enums import (
    BalanceCause,
    CommandType,
    Liquidity,
    ListState,
    ListType,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
    Status,
    TimeInForce,
    TrailingOffsetType,
)

Level: TypeAlias = tuple[str, str]
"""Price and quantity; quantity "0" removes the level."""


class Trade(msgspec.Struct, tag_field="type", tag="trade", frozen=True, gc=False):
    """One match, as everybody sees it; `aggressor_side` is the taker's."""

    symbol: str
    trade_id: int
    price: str
    quantity: str
    aggressor_side: Side
    maker_order_id: str
    taker_order_id: str
    timestamp: str


class L2Delta(msgspec.Struct, tag_field="type", tag="l2_delta", frozen=True, gc=False):
    """The levels of one symbol that a commit changed, with their absolute quantities.

    `first_update_id` is the `last_update_id` of the symbol's delta before, plus one.
    """

    symbol: str
    first_update_id: int
    last_update_id: int
    bids: list[Level]
    asks: list[Level]
    timestamp: str


class Bbo(msgspec.Struct, tag_field="type", tag="bbo", frozen=True, gc=False):
    """The best bid and offer after a commit that changed them; null on an empty side."""

    symbol: str
    bid: str | None
    bid_quantity: str | None
    ask: str | None
    ask_quantity: str | None
    update_id: int
    timestamp: str


class Fill(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """One order's share of a match; without a ledger it has no commission."""

    trade_id: int
    price: str
    quantity: str
    liquidity: Liquidity
    commission: str | None = None
    commission_asset: str | None = None


class PreventedMatch(msgspec.Struct, frozen=True, gc=False):
    """What self-trade prevention took from an order that met another of its account.

    `liquidity` is the order's own: the maker's rested. `price` is the maker's.
    """

    prevented_match_id: int
    price: str
    quantity: str
    liquidity: Liquidity
    other_order_id: str


class PreventedByTaker(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A match that self-trade prevention kept an incoming order from; quantities are losses.

    `maker_number` is the number of the order that it met.
    """

    prevented_match_id: int
    maker_number: int
    price: str
    taker_quantity: str | None = None
    maker_quantity: str | None = None


class ReportedList(msgspec.Struct, frozen=True, gc=False):
    """The list of an order; `order_ids` in the order in which they came, the working one first."""

    list_id: int
    list_type: ListType
    client_list_id: str
    order_ids: list[str]
    state: ListState


class ExecutionReport(
    msgspec.Struct, tag_field="type", tag="execution_report", frozen=True, gc=False, kw_only=True
):
    """The state of an order after one change of it, for its owner.

    `number` is the order's among the accepted ones, null if it was rejected, `execution_number` the
    report's among all. Reports from before the level that brings them have neither. The report of
    an amend has what name and quantity were before, that of a cancel the `cancel_id` if it had one.

    `number` is the order's place among the accepted ones, null for one that was rejected, and
    `execution_number` the report's among all; reports from before their level have neither.

    From its level on a report has what few orders have, and nothing of it if the order has not:
    `prevented_match` is what self-trade prevention has just done to it, `prevented_quantity` what
    it took in all. From the level after it on, `self_trade_prevention` is the order's mode of that,
    and `list` the list that it is an order of.

    The `stop_price` of a trailing stop is the one that it had at the report, null if it had none.

    `triggered` is null for types that never wait. `remaining_quantity` is what may still trade, 0
    if the order is closed. `reason` says why the order ended or was rejected.
    """

    order_id: str
    number: int | msgspec.UnsetType | None = msgspec.UNSET
    execution_number: int | msgspec.UnsetType = msgspec.UNSET
    client_order_id: str | None
    previous_client_order_id: str | msgspec.UnsetType = msgspec.UNSET
    previous_quantity: str | msgspec.UnsetType = msgspec.UNSET
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
    time_in_force: TimeInForce | msgspec.UnsetType = msgspec.UNSET
    expires_at: str | msgspec.UnsetType = msgspec.UNSET
    display_quantity: str | msgspec.UnsetType = msgspec.UNSET
    quote_quantity: str | msgspec.UnsetType = msgspec.UNSET
    reject_if_triggered: bool | msgspec.UnsetType = msgspec.UNSET
    trailing_offset: str | msgspec.UnsetType = msgspec.UNSET
    trailing_offset_type: TrailingOffsetType | msgspec.UnsetType = msgspec.UNSET
    activation_price: str | msgspec.UnsetType = msgspec.UNSET
    prevented_quantity: str | msgspec.UnsetType = msgspec.UNSET
    prevented_match: PreventedMatch | msgspec.UnsetType = msgspec.UNSET
    self_trade_prevention: SelfTradePrevention | msgspec.UnsetType = msgspec.UNSET
    list: ReportedList | msgspec.UnsetType = msgspec.UNSET
    status: Status
    reason: Reason | None
    cancel_id: str | msgspec.UnsetType = msgspec.UNSET
    last_trade: Fill | None
    sequence: int
    timestamp: str


class CommandRejected(
    msgspec.Struct, tag_field="type", tag="command_rejected", frozen=True, gc=False
):
    """A command that changed nothing: a cancel, an amend, a repeated `new`, or what is no order."""

    order_id: str | None
    client_order_id: str | None
    account: str | None
    command: CommandType | None
    reason: Reason
    detail: str | None
    sequence: int
    timestamp: str


class BalanceChanged(
    msgspec.Struct,
    tag_field="type",
    tag="balance_changed",
    frozen=True,
    omit_defaults=True,
    gc=False,
):
    """An account got or gave an asset, other than by trading; `id` is the credit's or debit's.

    Of a transfer it is the transfer's, `shard` is where it went or came from, and `transfer` its
    number among all between the two shards.
    """

    account: str
    asset: str
    amount: str
    cause: BalanceCause
    id: str | None
    sequence: int
    timestamp: str
    shard: int | None = None
    transfer: int | None = None


class Balance(msgspec.Struct, frozen=True, gc=False):
    """What an account has of an asset: `locked` is what its open orders hold."""

    asset: str
    free: str
    locked: str


class AccountPosition(
    msgspec.Struct, tag_field="type", tag="account_position", frozen=True, gc=False
):
    """The balances of an account that a commit changed, as they are after it."""

    account: str
    sequence: int
    timestamp: str
    balances: list[Balance]


class Reply(msgspec.Struct, frozen=True, gc=False):
    """The answer to one waiting request of a gateway.

    `status` is the order's after the command, null if there is no order. `order` is its latest
    report, `fills` are those of this command, `prevented_matches` what self-trade prevention did to
    it as the taker. `duplicate`: the order was there before. If the
    command was refused, `field`, `nearest` and `step` are those of the Refusal. `canceled` is how
    many orders a cancel_all has canceled, `canceled_order` the order that a replace has canceled,
    `cancel_reason` why it has not, `due` when a cancel_after will act, `balance` what a
    credit, debit or transfer has led to, `transfer` a transfer's number. `orders` are the orders of
    a list with the id `list_id`, of which `fills` has those of the first.
    """

    request_id: str
    sequence: int
    status: Status | None
    reason: Reason | None
    detail: str | None
    duplicate: bool
    order: ExecutionReport | None
    fills: list[Fill]
    field: str | None = None
    nearest: str | None = None
    step: str | None = None
    canceled: int | None = None
    due: str | None = None
    balance: Balance | None = None
    canceled_order: ExecutionReport | None = None
    cancel_reason: Reason | None = None
    prevented_matches: list[PreventedByTaker] = []
    orders: list[ExecutionReport] = []
    list_id: int | None = None
    transfer: int | None = None


PublicEvent: TypeAlias = Trade | L2Delta | Bbo
PrivateEvent: TypeAlias = ExecutionReport | CommandRejected
BalanceEvent: TypeAlias = BalanceChanged | AccountPosition
Event: TypeAlias = PublicEvent | PrivateEvent | BalanceEvent


class ChannelMessage(msgspec.Struct, frozen=True, gc=False):
    """What one commit publishes on one channel.

    `previous` is the `sequence` of the message before on the same channel (0: none), which shows a
    reader a gap; `sequence` is that of the commit's last command.
    """

    previous: int
    sequence: int
    events: Sequence[Event]


class ReplyMessage(msgspec.Struct, frozen=True, gc=False):
    """What one commit publishes to one gateway worker."""

    replies: list[Reply]


class DeadEntry(msgspec.Struct, frozen=True, gc=False):
    r"""An element of `{order_queue}:dead`: an entry that could not be used, and why.

    `entry` is the text of the entry's first 64 KB, in which bytes that are not UTF-8 are shown as
    `\xNN`; `length` is how many bytes the entry had.
    """

    sequence: int
    timestamp: str
    reason: Reason
    detail: str
    entry: str
    length: int
