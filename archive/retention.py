"""Deletes what the settings call too old or too much, in small steps."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Table,
    and_,
    delete,
    func,
    select,
    tuple_,
)

from archive import schema
from archive.candle_query import read_last_stamp
from archive.candles import MICROSECONDS, RESOLUTIONS

ROWS_AT_ONCE = 5000
"""The most rows that a transaction deletes from a table: following the journal comes first."""
PAUSE_SECONDS = 10.0
_DAY = 86_400 * MICROSECONDS

_orders, _trades, _candles = schema.orders, schema.trades, schema.candles
_amendments = schema.amendments
_prevented = schema.prevented_matches
_MOVES = (schema.fills, schema.balance_changes)
"""What moves balances; the two are numbered together."""


class _Due(NamedTuple):
    """Rows to delete: those that meet `condition`, in the order of `age`.

    An index begins with both, so that a pass reads only what it deletes, and open orders.
    """

    table: Table
    condition: ColumnElement[bool]
    age: ColumnElement[int]


class Retention:
    """Keeps what is younger than `days` and among the newest `rows`.

    Trades and prevented matches are counted for each symbol.
    Open orders stay, whatever their age, and so do balances, positions, and candles, except for
    those of one second. What is older is so by the last commit's stamp: a wall clock that is set
    deletes nothing.
    """

    def __init__(
        self,
        database: Engine,
        days: float | None,
        rows: int | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._age = None if days is None else int(days * _DAY)
        self._rows = rows
        self._clock = clock
        self._next = 0.0

    def apply(self) -> int:
        """Delete the next few rows that are due; return their number."""
        if (self._age is None and self._rows is None) or self._clock() < self._next:
            return 0
        with self._database.begin() as connection:
            counts = [_delete_some(connection, due) for due in self._list_due(connection)]
        if max(counts, default=0) < ROWS_AT_ONCE:
            self._next = self._clock() + PAUSE_SECONDS
        return sum(counts)

    def _list_due(self, connection: Connection) -> Iterator[_Due]:
        symbols = connection.execute(select(schema.instruments.c.symbol)).scalars().all()
        if self._age is not None:
            yield from _list_older(symbols, read_last_stamp(connection) - self._age)
        if self._rows is not None:
            yield from _list_beyond(connection, symbols, self._rows)


def _list_older(symbols: Iterable[str], cut: int) -> Iterator[_Due]:
    is_older = and_(_orders.c.opened_at < cut, _orders.c.updated_at < cut)
    yield _Due(_orders, and_(is_older, schema.IS_CLOSED), _orders.c.opened_at)
    for table in (*_MOVES, _amendments):
        yield _Due(table, table.c.timestamp < cut, table.c.timestamp)
    yield _Due(_prevented, _prevented.c.timestamp < cut, _prevented.c.timestamp)
    for symbol in symbols:
        trades = and_(_trades.c.symbol == symbol, _trades.c.timestamp < cut)
        yield _Due(_trades, trades, _trades.c.timestamp)
        seconds = and_(_candles.c.symbol == symbol, _candles.c.resolution == RESOLUTIONS[0])
        yield _Due(_candles, and_(seconds, _candles.c.start < cut), _candles.c.start)


def _list_beyond(connection: Connection, symbols: Iterable[str], rows: int) -> Iterator[_Due]:
    state = schema.archive_state.c
    last = connection.execute(select(state.last_order, state.last_fill)).one_or_none()
    if last is None:
        return
    is_beyond = _orders.c.number <= last.last_order - rows
    yield _Due(_orders, and_(is_beyond, schema.IS_CLOSED), _orders.c.number)
    is_beyond = _amendments.c.order_number <= last.last_order - rows
    yield _Due(_amendments, is_beyond, _amendments.c.order_number)
    for table in _MOVES:
        yield _Due(table, table.c.number <= last.last_fill - rows, table.c.number)
    for symbol in symbols:
        for table, count in (
            (_trades, _trades.c.trade_id),
            (_prevented, _prevented.c.prevented_match_id),
        ):
            is_symbol = table.c.symbol == symbol
            newest = connection.execute(select(func.max(count)).where(is_symbol)).scalar()
            yield _Due(table, and_(is_symbol, count <= (newest or 0) - rows), count)


def _delete_some(connection: Connection, due: _Due) -> int:
    columns = due.table.primary_key.columns
    oldest = select(*columns).where(due.condition).order_by(due.age).limit(ROWS_AT_ONCE)
    key: Any = tuple_(*columns)
    return connection.execute(delete(due.table).where(key.in_(oldest))).rowcount
