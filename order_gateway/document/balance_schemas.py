"""Answers about balances, positions and fees, as the OpenAPI document shows them."""

from typing import Annotated, Any

from pydantic import Field

from protocol.described_body import DescribedBody, make_example
from protocol.enums import LedgerCause

_BALANCES = [
    {"asset": "USDT", "free": "9400000.00000000", "locked": "600000.00000000"},
    {"asset": "BTC", "free": "100.39960000", "locked": "0.00000000"},
]
_POSITION: dict[str, Any] = {
    "symbol": "BTC-USDT",
    "quantity": "0.39960000",
    "cost": "24000.00000000",
    "average_entry_price": "60060.06006006",
    "realized": "0.00000000",
    "unrealized": "-24.00000000",
    "last_price": "60000.00",
    "base_commission": "0.00040000",
    "quote_commission": "0.00000000",
}
_ENTRY: dict[str, Any] = {
    "cursor": "132",
    "account": "default",
    "asset": "BTC",
    "amount": "0.40000000",
    "cause": "trade",
    "id": None,
    "symbol": "BTC-USDT",
    "trade_id": 7,
    "order_id": "4503599627370495",
    "sequence": 42,
    "timestamp": "2026-01-31T12:00:01.000001Z",
}
_FEES = {"symbol": "BTC-USDT", "maker": "0.00100000", "taker": "0.00100000"}

_AfterLoss = Annotated[
    bool, Field(description="a part of the history was lost, and what was in it is not known here")
]


class BalanceItem(DescribedBody):
    """What the account has of an asset."""

    model_config = make_example(**_BALANCES[0])

    asset: str
    free: str
    locked: str


class ShardBalances(DescribedBody):
    """What the account has on one of several shards, of the assets that it ever had there."""

    model_config = make_example(shard=2, balances=_BALANCES)

    shard: int
    balances: list[BalanceItem]


class AmountOnWay(DescribedBody):
    """What is on its way of an asset; below zero where the archive knows the receipt first."""

    model_config = make_example(asset="USDT", amount="1000.00000000")

    asset: str
    amount: str


class BalanceList(DescribedBody):
    """What the account has of every asset of the exchange, as of `sequence`."""

    model_config = make_example(
        account="default",
        sequence=42,
        is_uncertain=False,
        balances=_BALANCES,
        shards=None,
        on_way=None,
    )

    account: str
    sequence: int
    is_uncertain: _AfterLoss
    balances: list[BalanceItem]
    shards: Annotated[
        list[ShardBalances] | None,
        Field(description="where `balances` are, if not all are on shard 1"),
    ] = None
    on_way: Annotated[
        list[AmountOnWay] | None,
        Field(description="sent from one shard and not received by the other; not in `balances`"),
    ] = None


class PositionItem(DescribedBody):
    """What the account's fills of an instrument come to; of a sold position, less than zero."""

    model_config = make_example(**_POSITION)

    symbol: str
    quantity: Annotated[str, Field(description="bought less sold, after commission")]
    cost: str
    average_entry_price: str | None
    realized: str
    unrealized: str
    last_price: str
    base_commission: str
    quote_commission: str


class PositionList(DescribedBody):
    """The position in each instrument that the account has traded, as of `sequence`."""

    model_config = make_example(
        account="default", sequence=42, is_uncertain=False, positions=[_POSITION]
    )

    account: str
    sequence: int
    is_uncertain: _AfterLoss
    positions: list[PositionItem]


class LedgerEntry(DescribedBody):
    """One change of what the account has of an asset."""

    model_config = make_example(**_ENTRY)

    cursor: str
    account: str
    asset: str
    amount: Annotated[str, Field(description="less than zero if it was given or taken")]
    cause: LedgerCause
    id: Annotated[str | None, Field(description="that of the credit, debit or transfer")]
    symbol: Annotated[str | None, Field(description="the instrument that was traded")]
    trade_id: int | None
    order_id: str | None
    sequence: int
    timestamp: str


class LedgerList(DescribedBody):
    """Changes of balances, newest first. `after` is the parameter of the next page.

    Everything that the engine did up to `sequence` is included.
    """

    model_config = make_example(entries=[_ENTRY], after="132", sequence=42)

    entries: list[LedgerEntry]
    after: str | None
    sequence: int


class FeesItem(DescribedBody):
    """The rates that the account pays for an instrument."""

    model_config = make_example(**_FEES)

    symbol: str
    maker: str
    taker: str


class FeesList(DescribedBody):
    """The account's rates by instrument: its own, else the instrument's."""

    model_config = make_example(account="default", sequence=42, fees=[_FEES])

    account: str
    sequence: int
    fees: list[FeesItem]
