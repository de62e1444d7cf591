"""What the engine publishes: public events, private reports, and answers to a gateway.

Prices, quantities and notionals are decimal strings, timestamps ISO-8601 UTC with microseconds.
`gc=False` spares the garbage collector: there are many of these values, never in a circle.
"""

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from protocol.enums import BalanceCause, CommandType, Liquidity, OrderType, Reason, Side, Status

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


class ExecutionReport(
    msgspec.Struct, tag_field="type", tag="execution_report", frozen=True, gc=False
):
    """The state of an order after one change of it, for its owner.

    `triggered` is null for types that never wait. `remaining_quantity` is what may still trade, 0
    if the order is closed. `reason` says why the order ended or was rejected.
    """

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
    filled_notional: str
    average_price: str | None
    status: Status
    reason: Reason | None
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
    msgspec.Struct, tag_field="type", tag="balance_changed", frozen=True, gc=False
):
    """An account got or gave an asset, other than by trading; `id` is the credit's or debit's."""

    account: str
    asset: str
    amount: str
    cause: BalanceCause
    id: str | None
    sequence: int
    timestamp: str


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
    report, `fills` are those of this command. `duplicate`: the order was there before. If the
    command was refused, `field`, `nearest` and `step` are those of the Refusal. `canceled` is how
    many orders a cancel_all has canceled, `due` when a cancel_after will act, `balance` what a
    credit or debit has led to.
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
