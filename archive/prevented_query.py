"""Reads the matches of an account that self-trade prevention prevented."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, ScalarSelect, Select, func, or_, select

from archive import schema
from archive.records import OrderRecord, PreventedMatchRecord
from protocol.enums import Liquidity
from protocol.timestamps import format_timestamp, parse_timestamp

_SIDES = 2
"""Rows of a match, at most."""

_orders, _matches = schema.orders, schema.prevented_matches


class PreventedOf(msgspec.Struct, frozen=True):
    """Whose prevented matches of what symbol: one, or those of an order from one on.

    `match_id` is the one's, `order_number` or `order_id` the order's.
    """

    account: str
    symbol: str
    match_id: int | None = None
    order_number: int | None = None
    first: int = 0
    order_id: int | None = None


def read_prevented_matches(
    connection: Connection, which: PreventedOf, limit: int
) -> list[PreventedMatchRecord]:
    """Read at most `limit` of them, the oldest first."""
    return _read(connection, _find(which).order_by(_matches.c.prevented_match_id), limit)


def read_latest_matches(
    connection: Connection, which: PreventedOf, limit: int, before: int | None = None
) -> list[PreventedMatchRecord]:
    """Read at most `limit` of those with ids below `before`, the newest first."""
    query = _find(which).order_by(_matches.c.prevented_match_id.desc())
    if before is not None:
        query = query.where(_matches.c.prevented_match_id < before)
    return _read(connection, query, limit)


def read_last_matches(connection: Connection, orders: Sequence[OrderRecord]) -> dict[int, int]:
    """Read the id of the last match that took something of each order, by the order's number."""
    columns, found = _matches.c, dict[int, int]()
    for order in orders:
        query = select(func.max(columns.prevented_match_id)).where(
            columns.account == order.account,
            columns.symbol == order.symbol,
            columns.order_id == int(order.order_id),
            columns.timestamp >= parse_timestamp(order.opened_at),
            columns.timestamp <= parse_timestamp(order.updated_at),
        )
        match_id = connection.execute(query).scalar_one()
        if order.number is not None and match_id is not None:
            found[order.number] = match_id
    return found


def _read(connection: Connection, query: Select[Any], limit: int) -> list[PreventedMatchRecord]:
    rows = connection.execute(query.limit(_SIDES * limit))
    matches = groupby(rows, key=lambda row: row.prevented_match_id)
    return [_to_record(list(sides)) for _, sides in matches][:limit]


def _find(which: PreventedOf) -> Select[Any]:
    """Select both sides of each match, with what their orders tell."""
    columns = _matches.c
    query = (
        select(
            _matches,
            _of_order(columns.order_id, _orders.c.exchange_number).label("number"),
            _of_order(columns.other_order_id, _orders.c.exchange_number).label("other_number"),
            _of_order(columns.order_id, _orders.c.self_trade_prevention).label("mode"),
            _of_order(columns.other_order_id, _orders.c.self_trade_prevention).label("other_mode"),
        )
        .where(columns.account == which.account, columns.symbol == which.symbol)
        .where(columns.prevented_match_id >= which.first)
    )
    if which.match_id is not None:
        query = query.where(columns.prevented_match_id == which.match_id)
    if which.order_number is not None:
        is_it = _orders.c.exchange_number == which.order_number
        order = select(_orders.c.order_id).where(is_it).scalar_subquery()
        query = query.where(or_(columns.order_id == order, columns.other_order_id == order))
    if which.order_id is not None:
        order_id = which.order_id
        query = query.where(or_(columns.order_id == order_id, columns.other_order_id == order_id))
    return query


def _of_order(order_id: ColumnElement[int], value: ColumnElement[Any]) -> ScalarSelect[Any]:
    """Return a value of the order that had the id then."""
    columns = _orders.c
    return (
        select(value)
        .where(columns.order_id == order_id, columns.opened_at <= _matches.c.timestamp)
        .where(schema.HAS_NUMBER)
        .order_by(columns.number.desc())
        .limit(1)
        .scalar_subquery()
    )


def _to_record(sides: list[Row[Any]]) -> PreventedMatchRecord:
    by_liquidity = {side.liquidity: side for side in sides}
    taker, maker = by_liquidity.get(Liquidity.TAKER), by_liquidity.get(Liquidity.MAKER)
    row = sides[0]
    of_taker = row.order_id, row.number, row.mode
    of_maker = row.other_order_id, row.other_number, row.other_mode
    if row is not taker:
        of_taker, of_maker = of_maker, of_taker
    (taker_id, taker_number, mode), (maker_id, maker_number, _) = of_taker, of_maker
    return PreventedMatchRecord(
        row.symbol,
        row.prevented_match_id,
        str(taker_id),
        str(maker_id),
        taker_number,
        maker_number,
        row.price,
        taker.quantity if taker else None,
        maker.quantity if maker else None,
        mode,
        format_timestamp(row.timestamp),
    )
