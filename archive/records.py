"""What the queries return: plain values, ready for JSON."""

from hashlib import blake2b
from typing import Generic, NamedTuple, TypeVar

import msgspec

from protocol.events import Balance

Item = TypeVar("Item")


class OrderRecord(msgspec.Struct, frozen=True, gc=False):
    """An order's latest state, with the fields of its execution reports, and what was canceled.

    `cursor` is its position in lists. `is_uncertain`: it was open when a part of the journal was
    lost, and there was no report on it since.
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


class FillRecord(msgspec.Struct, frozen=True, gc=False):
    """An order's share of a match. `cursor` is its position in lists."""

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

    If nothing traded, all four prices are the close before, and the sums are zeros with as many
    decimals.
    """

    start: str
    open: str
    high: str
    low: str
    close: str
    volume: str
    quote_volume: str
    trades: int


class Balances(msgspec.Struct, frozen=True, gc=False):
    """What an account has of every asset, as of `sequence`; None if the exchange keeps no balances.

    `is_open`: the account was heard of; one that was not has nothing. `is_uncertain`: a part of the
    journal was lost, and since then some balance was not told.
    """

    sequence: int
    balances: list[Balance] | None
    is_open: bool = False
    is_uncertain: bool = False


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


class Reached(NamedTuple):
    """Whose commits the archive has ("" before the first), and up to which sequence."""

    exchange: str
    sequence: int

    def is_of(self, id_key: bytes | None) -> bool:
        """Whether the archive is empty, or has commits of the exchange with this `id_key`.

        None: the exchange has not begun, so only an empty archive can be its.
        """
        return not self.exchange or (id_key is not None and self.exchange == name_exchange(id_key))


def name_exchange(id_key: bytes) -> str:
    """Return the exchange's name in the database, which reveals nothing of its key."""
    return blake2b(id_key, digest_size=16, person=b"archive").hexdigest()
