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
