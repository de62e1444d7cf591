"""Writes each page of the journal in one transaction, together with the sequence reached."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, Engine, insert, select, update

from archive import schema
from archive.candle_rows import write_candles
from archive.fold import LastNumbers, Row, Rows, collect_order_ids, fold_commits, read_commit
from archive.money_rows import write_positions, write_settings
from archive.statements import insert_rows, put_rows, update_rows
from protocol.assets import LedgerSettings
from protocol.commands import QueueEntry
from protocol.enums import CommandType
from protocol.instrument import InstrumentSpecification
from protocol.journal import JournalEntry

_IDS_A_QUERY = 500

_state = schema.archive_state


class AnotherWriter(Exception):
    """The database is not at the expected sequence: another archive writes to it."""


class Position(NamedTuple):
    """The commit that the database has reached: its exchange, sequence, stamp and state hash."""

    exchange: str
    sequence: int
    timestamp: int
    state_hash: str


class Writer:
    """The only writer."""

    def __init__(self, database: Engine) -> None:
        self._database = database

    def read_position(self) -> Position | None:
        """Read the position of the database; None if nothing was ever written."""
        columns = [_state.c[name] for name in Position._fields]
        with self._database.connect() as connection:
            row = connection.execute(select(*columns)).one_or_none()
        return Position(*row) if row else None

    def begin(self, exchange: str) -> Position:
        """Claim an empty database for the exchange of that name."""
        row = {"exchange": exchange, "sequence": 0, "timestamp": 0, "state_hash": ""}
        with self._database.begin() as connection:
            connection.execute(insert(_state).values(id=1, last_order=0, last_fill=0, **row))
        return Position(exchange, 0, 0, "")

    def write(self, page: Sequence[JournalEntry], position: Position) -> Position:
        """Write all of `page` or nothing; return the position after it.

        If the page does not continue `position`, record the gap, and mark the orders that were open
        as uncertain. Raise AnotherWriter if the database is not at `position`.
        """
        commits = [read_commit(entry) for entry in page]
        reached = _to_position(position.exchange, page[-1])
        with self._database.begin() as connection:
            numbers = _take_turn(connection, position, reached)
            if page[0].previous != position.sequence:
                _record_gap(connection, position.sequence, page[0])
            known = _find_open_orders(connection, collect_order_ids(commits))
            rows, numbers = fold_commits(commits, known, numbers)
            _write_rows(connection, rows)
            counters = {"last_order": numbers.order, "last_fill": numbers.fill}
            connection.execute(update(_state).values(**counters))
        return reached

    def write_instruments(self, specifications: Iterable[InstrumentSpecification]) -> None:
        """Add the instruments that the database does not have yet."""
        table = schema.instruments
        with self._database.begin() as connection:
            known = set(connection.execute(select(table.c.symbol)).scalars())
            new = [_to_instrument_row(one) for one in specifications if one.symbol not in known]
            insert_rows(connection, table, new)

    def write_ledger(self, settings: LedgerSettings) -> None:
        """Put the ledger's settings in force.

        They may be ahead of the commits that are here. That does no harm: assets only come, their
        decimals stay, and a rate is as the last settings say.
        """
        command = QueueEntry(command=CommandType.CONFIGURE, ledger=settings)
        with self._database.begin() as connection:
            write_settings(connection, [command])


def _to_position(exchange: str, entry: JournalEntry) -> Position:
    return Position(exchange, entry.sequence, entry.timestamp, entry.state_hash.decode())


def _take_turn(connection: Connection, position: Position, reached: Position) -> LastNumbers:
    """Move the sequence on, which keeps other writers out; return the numbers given last."""
    moved = connection.execute(
        update(_state)
        .where(_state.c.sequence == position.sequence, _state.c.exchange == position.exchange)
        .values(**reached._asdict())
    )
    if moved.rowcount != 1:
        raise AnotherWriter("another archive writes to this database")
    return LastNumbers(*connection.execute(select(_state.c.last_order, _state.c.last_fill)).one())


def _record_gap(connection: Connection, after: int, entry: JournalEntry) -> None:
    connection.execute(
        insert(schema.journal_gaps).values(
            after_sequence=after, next_sequence=entry.previous + 1, timestamp=entry.timestamp
        )
    )
    connection.execute(update(schema.orders).where(schema.IS_OPEN).values(is_uncertain=True))


def _find_open_orders(connection: Connection, order_ids: Iterable[int]) -> dict[int, int]:
    """Return id → number of those of `order_ids` that are open."""
    columns = schema.orders.c
    query = select(columns.order_id, columns.number).where(schema.IS_OPEN)
    found: dict[int, int] = {}
    for ids in _split(order_ids, _IDS_A_QUERY):
        rows = connection.execute(query.where(columns.order_id.in_(ids)))
        found.update((order_id, number) for order_id, number in rows)
    return found


def _write_rows(connection: Connection, rows: Rows) -> None:
    # before new ones, as an id that closes here may be used again here
    update_rows(connection, schema.orders, rows.changed_orders)
    insert_rows(connection, schema.orders, rows.new_orders)
    insert_rows(connection, schema.fills, rows.fills)
    insert_rows(connection, schema.trades, rows.trades)
    for (symbol, resolution), candles in rows.candles.items():
        write_candles(connection, symbol, resolution, candles)
    insert_rows(connection, schema.balance_changes, rows.balance_changes)
    put_rows(connection, schema.balances, rows.balances)
    write_settings(connection, rows.settings)
    write_positions(connection, rows.fills)


def _to_instrument_row(specification: InstrumentSpecification) -> Row:
    names = (column.name for column in schema.instruments.columns)
    return {name: getattr(specification, name) for name in names}


def _split(values: Iterable[int], size: int) -> Iterator[list[int]]:
    remaining = iter(values)
    while part := list(islice(remaining, size)):
        yield part
