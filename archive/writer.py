"""Writes each page of the journal in one transaction, together with the sequence reached."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection, Engine, bindparam, delete, insert, or_, select, true, update

from archive import schema
from archive.candle_rows import write_candles
from archive.fold import (
    LastNumbers,
    OpenOrder,
    Row,
    Rows,
    collect_order_ids,
    fold_commits,
    read_commit,
)
from archive.money_rows import write_positions, write_settings
from archive.statements import insert_rows, put_rows, update_rows
from archive.transfer_rows import forget_transfers, write_transfers
from protocol.assets import LedgerSettings
from protocol.commands import QueueEntry
from protocol.enums import CommandType, ListState
from protocol.instrument import InstrumentSpecification
from protocol.journal import JournalEntry
from protocol.shards import MAX_SHARDS

_IDS_A_QUERY = 500

_state = schema.archive_state
_orders = schema.orders.c
_OPEN_AMONG = select(
    _orders.order_id,
    _orders.number,
    _orders.triggered,
    _orders.list_state,
    _orders.trailing_offset,
    _orders.stop_price,
).where(schema.IS_OPEN, _orders.order_id.in_(bindparam("ids", expanding=True)))


class AnotherWriter(Exception):
    """The database is not at the expected sequence: another archive writes to it."""


class Position(NamedTuple):
    """The commit that the database has reached: its exchange, sequence, stamp and state hash."""

    exchange: str
    sequence: int
    timestamp: int
    state_hash: str


class Writer:
    """The only writer of what a shard's journal says."""

    def __init__(self, database: Engine, shard: int = 1) -> None:
        self._database = database
        self._shard = shard
        self._state = _state if shard == 1 else schema.archive_shards
        self._is_own = true() if shard == 1 else schema.archive_shards.c.shard == shard

    def read_position(self) -> Position | None:
        """Read the position of the database; None if nothing was ever written."""
        columns = [self._state.c[name] for name in Position._fields]
        with self._database.connect() as connection:
            row = connection.execute(select(*columns).where(self._is_own)).one_or_none()
        return Position(*row) if row else None

    def begin(self, exchange: str) -> Position:
        """Claim the shard's place in a database, which is empty, for the exchange of that name."""
        key = (
            {"id": 1, "last_order": 0, "last_fill": 0} if self._shard == 1
            else {"shard": self._shard}
        )  # fmt: skip
        row = {"exchange": exchange, "sequence": 0, "timestamp": 0, "state_hash": ""}
        with self._database.begin() as connection:
            connection.execute(insert(self._state).values(**key, **row))
        return Position(exchange, 0, 0, "")

    def clear(self) -> None:
        """Forget everything, so that another exchange can claim the database."""
        with self._database.begin() as connection:
            for table in reversed(schema.metadata.sorted_tables):
                if table is not schema.schema_version:
                    connection.execute(delete(table))

    def write(self, page: Sequence[JournalEntry], position: Position) -> Position:
        """Write all of `page` or nothing; return the position after it.

        If the page does not continue `position`, record the gap, and mark the orders that were open
        as uncertain. Raise AnotherWriter if the database is not at `position`.
        """
        commits = [read_commit(entry) for entry in page]
        reached = _to_position(position.exchange, page[-1])
        with self._database.begin() as connection:
            numbers = self._take_turn(connection, position, reached)
            if page[0].previous != position.sequence:
                _record_gap(connection, self._shard, position.sequence, page[0])
            known = _find_open_orders(connection, collect_order_ids(commits))
            rows, numbers = fold_commits(commits, known, numbers, self._shard)
            _write_rows(connection, rows)
            write_transfers(connection, rows.moves, self._shard)
            counters = {"last_order": numbers.order, "last_fill": numbers.fill}
            connection.execute(update(_state).values(**counters))
        return reached

    def _take_turn(
        self, connection: Connection, position: Position, reached: Position
    ) -> LastNumbers:
        """Move the sequence on, which keeps other writers out; return the numbers given last."""
        state = self._state
        moved = connection.execute(
            update(state)
            .where(
                self._is_own,
                state.c.sequence == position.sequence,
                state.c.exchange == position.exchange,
            )
            .values(**reached._asdict())
        )
        if moved.rowcount != 1:
            raise AnotherWriter("another archive writes to this database")
        numbers = select(_state.c.last_order, _state.c.last_fill)
        return LastNumbers(*connection.execute(numbers).one())

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


def _record_gap(connection: Connection, shard: int, after: int, entry: JournalEntry) -> None:
    connection.execute(
        insert(schema.journal_gaps).values(
            shard=shard,
            after_sequence=after,
            next_sequence=entry.previous + 1,
            timestamp=entry.timestamp,
        )
    )
    forget_transfers(connection, shard)
    number = _orders.exchange_number
    is_of = or_(number.is_(None), number % MAX_SHARDS == shard - 1)
    connection.execute(update(schema.orders).where(schema.IS_OPEN, is_of).values(is_uncertain=True))


def _find_open_orders(connection: Connection, order_ids: Iterable[int]) -> dict[int, OpenOrder]:
    """Return those of `order_ids` that are open, by id."""
    found: dict[int, OpenOrder] = {}
    for ids in _split(order_ids, _IDS_A_QUERY):
        for row in connection.execute(_OPEN_AMONG, {"ids": ids}):
            is_waiting = row.triggered is False or row.list_state == ListState.PENDING
            is_trailing = row.trailing_offset is not None and row.stop_price is not None
            found[row.order_id] = OpenOrder(row.number, is_waiting, is_trailing)
    return found


def _write_rows(connection: Connection, rows: Rows) -> None:
    # before new ones, as an id that closes here may be used again here
    update_rows(connection, schema.orders, schema.CHANGING_ORDER_COLUMNS, rows.changed_orders)
    update_rows(connection, schema.orders, ("client_order_id",), rows.renamed_orders)
    update_rows(connection, schema.orders, ("working_since",), rows.triggered_orders)
    update_rows(connection, schema.orders, ("trailing_since",), rows.trailing_orders)
    update_rows(connection, schema.orders, ("cancel_id",), rows.canceled_orders)
    columns = schema.LASTING_ORDER_COLUMNS + schema.CHANGING_ORDER_COLUMNS
    insert_rows(connection, schema.orders, rows.new_orders, columns)
    insert_rows(connection, schema.amendments, rows.amendments)
    insert_rows(connection, schema.fills, rows.fills)
    insert_rows(connection, schema.prevented_matches, rows.prevented_matches)
    insert_rows(connection, schema.trades, rows.trades)
    for (symbol, resolution), candles in rows.candles.items():
        write_candles(connection, symbol, resolution, candles)
    insert_rows(connection, schema.balance_changes, rows.balance_changes)
    put_rows(connection, schema.balances, rows.balances)
    write_settings(connection, rows.settings)
    write_positions(connection, rows.settled)


def _to_instrument_row(specification: InstrumentSpecification) -> Row:
    return tuple(getattr(specification, column.name) for column in schema.instruments.columns)


def _split(values: Iterable[int], size: int) -> Iterator[list[int]]:
    remaining = iter(values)
    while part := list(islice(remaining, size)):
        yield part
