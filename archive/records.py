"""What the queries return: plain values, ready for JSON."""

from collections.abc import Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import Generic, NamedTuple, TypeVar

import msgspec

from protocol.events import Balance, ReportedList

Item = TypeVar("Item")


class OrderRecord(msgspec.Struct, frozen=True, gc=False):
    """An order's latest state, with the fields of its execution reports, and what was canceled.

    `cursor` is its position in lists. `is_uncertain`: it was open when a part of the journal was
    lost, and there was no report on it since. `number` is the order's, `execution_number` its
    latest report's; None before the level that brings them. Then comes what few orders have.
    `working_since` is when it went to the book or traded, None while it waits and for old orders,
    `trailing_since` when a trailing stop got its first stop price, `cancel_id` the account's own id
    of the cancel that ended it, `strategy` that with which it came.
    """

    cursor: str
    order_id: str
    client_order_id: str | None
    account: str
    symbol: str | None
    side: str | None
    order_type: str | None
    price: str | None
    stop_price: str | None
    triggered: bool | None
    quantity: str | None
    filled_quantity: str
    remaining_quantity: str
    canceled_quantity: str
    filled_notional: str
    average_price: str | None
    status: str
    reason: str | None
    sequence: int
    opened_at: str
    updated_at: str
    is_uncertain: bool
    number: int | None
    execution_number: int | None
    time_in_force: str | None
    expires_at: str | None
    display_quantity: str | None
    quote_quantity: str | None
    prevented_quantity: str | None
    self_trade_prevention: str | None
    working_since: str | None
    list: ReportedList | None
    reject_if_triggered: bool | None
    trailing_offset: str | None
    trailing_offset_type: str | None
    activation_price: str | None
    trailing_since: str | None
    cancel_id: str | None
    strategy: str | None


class FillRecord(msgspec.Struct, frozen=True, gc=False):
    """An order's share of a match. `cursor` is its position in lists, `number` the order's."""

    cursor: str
    order_id: str
    client_order_id: str | None
    account: str
    symbol: str
    side: str
    trade_id: int
    price: str
    quantity: str
    liquidity: str
    sequence: int
    timestamp: str
    commission: str | None
    commission_asset: str | None
    number: int | None
    execution_number: int | None


class AmendmentRecord(msgspec.Struct, frozen=True, gc=False):
    """What an amend, told by the report `execution_number`, changed of an order."""

    execution_number: int
    previous_client_order_id: str
    client_order_id: str
    previous_quantity: str
    quantity: str
    timestamp: str


class PreventedMatchRecord(msgspec.Struct, frozen=True, gc=False):
    """A match that self-trade prevention prevented, with the ids and numbers of both orders.

    A side's quantity is what it lost; None: nothing. `self_trade_prevention` is the taker's mode,
    None where its reports do not tell it.
    """

    symbol: str
    prevented_match_id: int
    taker_order_id: str
    maker_order_id: str
    taker_number: int | None
    maker_number: int | None
    price: str
    taker_quantity: str | None
    maker_quantity: str | None
    self_trade_prevention: str | None
    timestamp: str


class TradeRecord(msgspec.Struct, frozen=True, gc=False):
    """A match, with the fields of its event on `trade_events`."""

    symbol: str
    trade_id: int
    price: str
    quantity: str
    aggressor_side: str
    maker_order_id: str
    taker_order_id: str
    timestamp: str


class CandleRecord(msgspec.Struct, frozen=True, gc=False):
    """What traded in the interval that begins at `start`; `quote_volume` sums price * quantity.

    `taker_buy_…` is the part that takers bought. If nothing traded, all four prices are the close
    before, the sums are zeros with as many decimals, and the trade ids are 0.
    """

    start: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trades: int
    taker_buy_volume: str
    taker_buy_quote_volume: str
    first_trade_id: int
    last_trade_id: int


class Balances(msgspec.Struct, frozen=True, gc=False):
    """What an account has of every asset, as of `sequence`; None if the exchange keeps no balances.

    `is_open`: the account was heard of on the first shard; one that was not has nothing there.
    `is_uncertain`: a part of the journal was lost, and since then some balance was not told.
    `on_way` is what was sent to another shard and not received there, by asset.
    """

    sequence: int
    balances: list[Balance] | None
    is_open: bool = False
    is_uncertain: bool = False
    shards: Mapping[int, list[Balance]] = {}
    """What of it is on each shard; empty if all is on the first."""
    on_way: Mapping[str, str] = {}


class TransferRecord(msgspec.Struct, frozen=True, gc=False):
    """What an account has sent from one shard to another; `cursor` is its position in lists.

    `number` counts the transfers between the two. `sequence` is the sender's.
    """

    cursor: str
    id: str | None
    account: str
    asset: str
    amount: str
    source: int
    target: int
    number: int
    state: str
    sequence: int
    timestamp: str


class PositionRecord(msgspec.Struct, frozen=True, gc=False):
    """What an account's fills of an instrument come to, valued at the last trade's price.

    `average_entry_price` is cost / quantity to 8 places, None if nothing is held.
    """

    symbol: str
    quantity: str
    cost: str
    average_entry_price: str | None
    realized: str
    unrealized: str
    last_price: str
    base_commission: str
    quote_commission: str


class Positions(msgspec.Struct, frozen=True, gc=False):
    """The positions of an account, as of `sequence`.

    `is_uncertain`: a part of the journal was lost, perhaps with fills of the account.
    """

    sequence: int
    positions: list[PositionRecord]
    is_uncertain: bool = False


class LedgerRecord(msgspec.Struct, frozen=True, gc=False):
    """One change of what an account has of an asset; `cursor` is its position in lists.

    `id` is that of a credit or debit; symbol, trade and order are those of a trade or commission.
    """

    cursor: str
    account: str
    asset: str
    amount: str
    cause: str
    id: str | None
    symbol: str | None
    trade_id: int | None
    order_id: str | None
    sequence: int
    timestamp: str


class FeesRecord(msgspec.Struct, frozen=True, gc=False):
    """The rates that an account pays for a symbol."""

    symbol: str
    maker: str
    taker: str


class Gap(msgspec.Struct, frozen=True, gc=False):
    """Sequences `first` to `last` left the journal before the archive had read them."""

    first: int
    last: int
    timestamp: str


class Page(msgspec.Struct, Generic[Item], frozen=True, gc=False):
    """A part of a list. `after` is the cursor of the next part; None: there is none."""

    items: list[Item]
    after: str | None


EPHEMERAL = "ephemeral:"
"""What the name of an exchange begins with that may begin anew, and its database with it."""


_NONE: Mapping[int, int] = MappingProxyType({})


class Reached(NamedTuple):
    """Whose commits the archive has ("" before the first), and up to which sequence.

    `others` has the sequences of the shards from 2 on.
    """

    exchange: str
    sequence: int
    others: Mapping[int, int] = _NONE

    @property
    def total(self) -> int:
        """The sum of the sequences."""
        return self.sequence + sum(self.others.values())

    def of(self, shard: int | None) -> int:
        """Return the sequence of a shard; None: the sum of all."""
        if shard is None:
            return self.total
        return self.sequence if shard == 1 else self.others.get(shard, 0)

    def has(self, sequences: Mapping[int, int]) -> bool:
        """Whether it has what is at these sequences, by shard."""
        return all(self.of(shard) >= sequence for shard, sequence in sequences.items())

    def is_of(self, id_key: bytes | None) -> bool:
        """Whether the archive is empty, or has commits of the exchange with this `id_key`.

        None: the exchange has not begun, so only an empty archive can be its.
        """
        return not self.exchange or (id_key is not None and is_name_of(self.exchange, id_key))


def name_exchange(id_key: bytes, *, is_ephemeral: bool = False) -> str:
    """Return the exchange's name in the database, which reveals nothing of its key."""
    digest = blake2b(id_key, digest_size=16, person=b"archive").hexdigest()
    return f"{EPHEMERAL}{digest}" if is_ephemeral else digest


def is_name_of(name: str, id_key: bytes) -> bool:
    """Whether a name in the database is that of the exchange with this `id_key`."""
    return name.removeprefix(EPHEMERAL) == name_exchange(id_key)
