"""Archives for tests: a database in a folder of the test, filled from journal entries."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from archive import schema
from archive.database import open_database, open_for_queries
from archive.queries import Archive
from archive.records import name_exchange
from archive.versions import prepare_schema
from archive.writer import Position, Writer
from protocol.journal import JournalEntry
from tests.support.exchange import ID_KEY
from tests.support.instruments import make_instruments

EXCHANGE = name_exchange(ID_KEY.hex().encode())


def sqlite_url(folder: Path) -> str:
    """Return the URL of a database file in `folder`."""
    return f"sqlite:///{folder / 'archive.sqlite3'}"


@contextmanager
def run_database(url: str) -> Iterator[Engine]:
    """Open a database as the archive does, with its tables made."""
    database = open_database(url)
    try:
        prepare_schema(database)
        yield database
    finally:
        database.dispose()


@contextmanager
def run_queries(url: str) -> Iterator[Archive]:
    """Open a database as a service does."""
    archive = Archive(open_for_queries(url))
    try:
        yield archive
    finally:
        archive.close()


def write_entries(database: Engine, entries: Sequence[JournalEntry]) -> Position:
    """Write `entries` after what the database has."""
    writer = Writer(database)
    position = writer.read_position() or writer.begin(EXCHANGE)
    writer.write_instruments(instrument.specification for instrument in make_instruments())
    return writer.write(entries, position)


def go_back_to_version(version: int, database: Engine) -> None:
    """Turn the tables into those that an earlier version made."""
    with database.begin() as connection:
        for step in range(schema.VERSION, version, -1):
            for statement in _WAYS_BACK[step]:
                connection.execute(text(statement))
        connection.execute(text(f"UPDATE schema_version SET version = {version}"))


_WAYS_BACK = {
    10: (
        "DROP INDEX orders_by_cancel_id",
        *(
            f"ALTER TABLE orders DROP COLUMN {name}"
            for name in ("trailing_since", "cancel_id", "strategy")
        ),
    ),
    9: (
        "DROP TABLE transfers_on_way",
        "ALTER TABLE balance_changes DROP COLUMN other_shard",
        "ALTER TABLE balance_changes DROP COLUMN transfer",
    ),
    8: (
        "DROP TABLE archive_shards",
        """
        CREATE TABLE gaps (after_sequence INTEGER NOT NULL, next_sequence INTEGER NOT NULL,
        timestamp INTEGER NOT NULL, PRIMARY KEY (after_sequence))
        """,
        "INSERT INTO gaps SELECT after_sequence, next_sequence, timestamp FROM journal_gaps",
        "DROP TABLE journal_gaps",
        "ALTER TABLE gaps RENAME TO journal_gaps",
        """
        CREATE TABLE amounts (account TEXT NOT NULL, asset TEXT NOT NULL, free TEXT NOT NULL,
        locked TEXT NOT NULL, sequence INTEGER NOT NULL, PRIMARY KEY (account, asset))
        """,
        "INSERT INTO amounts SELECT account, asset, free, locked, sequence FROM balances",
        "DROP TABLE balances",
        "ALTER TABLE amounts RENAME TO balances",
        "ALTER TABLE balance_changes DROP COLUMN shard",
    ),
    7: tuple(
        f"ALTER TABLE orders DROP COLUMN {name}"
        for name in (
            *("reject_if_triggered", "trailing_offset"),
            *("trailing_offset_type", "activation_price"),
        )
    ),
    6: (
        "DROP INDEX orders_by_list",
        "DROP INDEX orders_by_list_name",
        *(
            f"ALTER TABLE orders DROP COLUMN {name}"
            for name in ("list_id", "list_type", "client_list_id", "list_orders", "list_state")
        ),
    ),
    5: tuple(
        f"ALTER TABLE orders DROP COLUMN {name}"
        for name in ("self_trade_prevention", "working_since")
    ),
    4: (
        "DROP INDEX orders_by_number",
        "DROP TABLE amendments",
        "DROP TABLE prevented_matches",
        *(
            f"ALTER TABLE orders DROP COLUMN {name}"
            for name in (
                *("time_in_force", "expires_at", "display_quantity"),
                *("quote_quantity", "prevented_quantity"),
            )
        ),
        *(
            f"ALTER TABLE {table} DROP COLUMN {name}"
            for table in ("orders", "fills")
            for name in ("exchange_number", "execution_number")
        ),
        *(
            f"ALTER TABLE candles DROP COLUMN {name}"
            for name in (
                "taker_buy_volume",
                "taker_buy_quote_volume",
                "first_trade_id",
                "last_trade_id",
            )
        ),
    ),
    3: (
        "ALTER TABLE fills DROP COLUMN commission",
        "ALTER TABLE fills DROP COLUMN commission_asset",
        *(
            f"DROP TABLE {name}"
            for name in ("assets", "fee_rates", "balances", "balance_changes", "positions")
        ),
    ),
    2: ("ALTER TABLE candles RENAME COLUMN quote_volume TO notional",),
}
