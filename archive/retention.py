"""Deletes what is too old or too much, a little at a time, where the settings say so."""

from collections.abc import Callable, Iterator
from typing import Any

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
from archive.candles import MICROSECONDS, RESOLUTIONS

ROWS_AT_ONCE = 5000
"""Most rows that one transaction deletes from one table: following the journal goes first."""
PAUSE_MICROSECONDS = 10 * MICROSECONDS
_DAY = 86_400 * MICROSECONDS

_orders, _fills, _trades, _candles = schema.orders, schema.fills, schema.trades, schema.candles


class Retention:
    """Keeps what is younger than `days` and among the newest `rows` (of each symbol, for trades).

    Open orders stay, whatever their age, and so do candles, except for those of one second. `now`
    gives the time in microseconds.
    """

    def __init__(
        self, database: Engine, days: float | None, rows: int | None, now: Callable[[], int]
    ) -> None:
        self._database = database
        self._age = None if days is None else int(days * _DAY)
        self._rows = rows
        self._now = now
        self._next = 0

    def apply(self) -> int:
        """Delete the next few rows that are due; their number."""
        if (self._age is None and self._rows is None) or self._now() < self._next:
            return 0
        with self._database.begin() as connection:
            counts = [
                _delete_some(connection, table, condition)
                for table, condition in self._list_due(connection)
            ]
        if max(counts, default=0) < ROWS_AT_ONCE:
            self._next = self._now() + PAUSE_MICROSECONDS
        return sum(counts)

    def _list_due(self, connection: Connection) -> Iterator[tuple[Table, ColumnElement[bool]]]:
        if self._age is not None:
            yield from _list_older(self._now() - self._age)
        if self._rows is not None:
            yield from _list_beyond(connection, self._rows)


def _list_older(cut: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    yield _orders, and_(_orders.c.opened_at < cut, _orders.c.updated_at < cut, schema.IS_CLOSED)
    yield _fills, _fills.c.timestamp < cut
    yield _trades, _trades.c.timestamp < cut
    yield _candles, and_(_candles.c.resolution == RESOLUTIONS[0], _candles.c.start < cut)


def _list_beyond(connection: Connection, rows: int) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    state = schema.archive_state.c
    last = connection.execute(select(state.last_order, state.last_fill)).one_or_none()
    if last is None:
        return
    yield _orders, and_(_orders.c.number <= last.last_order - rows, schema.IS_CLOSED)
    yield _fills, _fills.c.number <= last.last_fill - rows
    for symbol in connection.execute(select(schema.instruments.c.symbol)).scalars().all():
        is_symbol = _trades.c.symbol == symbol
        newest = connection.execute(select(func.max(_trades.c.trade_id)).where(is_symbol)).scalar()
        yield _trades, and_(is_symbol, _trades.c.trade_id <= (newest or 0) - rows)


def _delete_some(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    key: Any = tuple_(*table.primary_key.columns)
    due = select(*table.primary_key.columns).where(condition).limit(ROWS_AT_ONCE)
    return connection.execute(delete(table).where(key.in_(due))).rowcount
