"""Reads the orders and fills of an account within a window of time, oldest first."""

from collections.abc import Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, select

from archive import schema
from archive.conditions import equal, within
from archive.records import FillRecord, OrderRecord
from archive.rows import ORDER_COLUMNS, to_fill, to_order

_orders, _fills = schema.orders, schema.fills


class Window(msgspec.Struct, frozen=True):
    """At most `limit` from `start` to `end`, both in microseconds and both included.

    With a start they are the oldest, without one the newest.
    """

    limit: int
    start: int | None = None
    end: int | None = None


class FillsOf(msgspec.Struct, frozen=True):
    """Whose fills of what symbol: of one order, by its number, or of all; from a trade id on.

    With `from_trade` they are the oldest of those.
    """

    account: str
    symbol: str
    order_number: int | None = None
    from_trade: int | None = None


def read_orders(
    connection: Connection, account: str, symbol: str, window: Window
) -> list[OrderRecord]:
    """Read the account's accepted orders of a symbol by when they came in."""
    query = select(*ORDER_COLUMNS).where(_orders.c.account == account).where(schema.HAS_NUMBER)
    query = equal(query, _orders.c.symbol, symbol)
    query = within(query, _orders, _orders.c.opened_at, window.start, _after(window.end))
    rows = _read(connection, query, _orders.c.number, window, is_oldest=window.start is not None)
    return [to_order(row) for row in rows]


def read_fills(connection: Connection, which: FillsOf, window: Window) -> list[FillRecord]:
    """Read fills by when they were made."""
    query = select(_fills).where(_fills.c.account == which.account)
    query = equal(query, _fills.c.symbol, which.symbol)
    if which.order_number is not None:
        query = query.where(_fills.c.exchange_number == which.order_number)
    if which.from_trade is not None:
        query = query.where(_fills.c.trade_id >= which.from_trade)
    query = within(query, _fills, _fills.c.timestamp, window.start, _after(window.end))
    is_oldest = window.start is not None or which.from_trade is not None
    rows = _read(connection, query, _fills.c.number, window, is_oldest=is_oldest)
    return [to_fill(row) for row in rows]


def read_list_ids(
    connection: Connection, account: str, first: int | None, window: Window
) -> list[int]:
    """Read the ids of the account's order lists, from `first` on or within the window."""
    query = select(_orders.c.list_id).where(schema.IS_LISTED, _orders.c.account == account)
    if first is not None:
        query = query.where(_orders.c.list_id >= first)
    else:
        query = within(query, _orders, _orders.c.opened_at, window.start, _after(window.end))
    is_oldest = first is not None or window.start is not None
    number = _orders.c.list_id
    query = query.distinct().order_by(number if is_oldest else number.desc()).limit(window.limit)
    return sorted(connection.execute(query).scalars())


def read_lists_of(connection: Connection, numbers: Iterable[int]) -> dict[int, int]:
    """Read the list of each order of the exchange's `numbers` that is in one."""
    number = _orders.c.exchange_number
    query = select(number, _orders.c.list_id).where(schema.HAS_NUMBER, schema.IS_LISTED)
    return {row[0]: row[1] for row in connection.execute(query.where(number.in_(numbers)))}


def _after(end: int | None) -> int | None:
    return None if end is None else end + 1


def _read(
    connection: Connection, query: Select[Any], number: Any, window: Window, *, is_oldest: bool
) -> list[Any]:
    """Return the rows in the order of their numbers."""
    ordered = query.order_by(number if is_oldest else number.desc()).limit(window.limit)
    rows = list(connection.execute(ordered))
    return rows if is_oldest else rows[::-1]
