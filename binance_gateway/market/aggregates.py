"""Aggregate trades: consecutive trades of one taker order at one price."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple, TypeAlias

from archive.records import TradeRecord
from protocol.decimals import Increment
from protocol.enums import Side
from protocol.events import Trade

AnyTrade: TypeAlias = Trade | TradeRecord
"""A trade of the feed or of the archive."""


class Aggregate(NamedTuple):
    """Trades `first_id` to `last_id`; the first id is its own. `lots` is what they sum up to."""

    first_id: int
    last_id: int
    price: str
    lots: int
    timestamp: str
    is_buyer_maker: bool


def continues(trade: AnyTrade, before: AnyTrade) -> bool:
    """Whether `trade`, which comes right after `before`, belongs to the same aggregate."""
    return (
        trade.taker_order_id == before.taker_order_id
        and trade.price == before.price
        and trade.timestamp == before.timestamp
    )


def aggregate(trades: Iterable[AnyTrade], lot: Increment) -> Iterator[Aggregate]:
    """Yield the aggregates of consecutive trades, oldest first."""
    group: list[AnyTrade] = []
    for trade in trades:
        if group and not continues(trade, group[-1]):
            yield _join(group, lot)
            group = []
        group.append(trade)
    if group:
        yield _join(group, lot)


def is_buyer_maker(trade: AnyTrade) -> bool:
    """Whether the taker sold."""
    return trade.aggressor_side == Side.SELL


def _join(group: list[AnyTrade], lot: Increment) -> Aggregate:
    first = group[0]
    lots = sum(lot.to_steps(trade.quantity)[0] for trade in group)
    last_id, is_maker = group[-1].trade_id, is_buyer_maker(first)
    return Aggregate(first.trade_id, last_id, first.price, lots, first.timestamp, is_maker)
