"""Makes the tables, upgrades those of an older version, refuses those of a later one."""

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update
from sqlalchemy.schema import CreateIndex, CreateTable

from archive import schema
from archive.sqlite_statistics import set_statistics

UPGRADES: Mapping[int, tuple[str, ...]] = {
    1: ("ALTER TABLE candles RENAME COLUMN notional TO quote_volume",),
    2: (
        "ALTER TABLE fills ADD COLUMN commission TEXT",
        "ALTER TABLE fills ADD COLUMN commission_asset TEXT",
        """
        CREATE TABLE assets (symbol TEXT NOT NULL, number INTEGER NOT NULL,
        decimals INTEGER NOT NULL, PRIMARY KEY (symbol))
        """,
        """
        CREATE TABLE fee_rates (account TEXT NOT NULL, symbol TEXT NOT NULL,
        maker TEXT NOT NULL, taker TEXT NOT NULL, PRIMARY KEY (account, symbol))
        """,
        """
        CREATE TABLE balances (account TEXT NOT NULL, asset TEXT NOT NULL, free TEXT NOT NULL,
        locked TEXT NOT NULL, sequence {whole} NOT NULL, PRIMARY KEY (account, asset))
        """,
        """
        CREATE TABLE balance_changes (number {whole} NOT NULL, account TEXT NOT NULL,
        asset TEXT NOT NULL, amount TEXT NOT NULL, cause TEXT NOT NULL, id TEXT,
        sequence {whole} NOT NULL, timestamp {whole} NOT NULL, PRIMARY KEY (number))
        """,
        "CREATE INDEX balance_changes_by_account ON balance_changes (account, number)",
        "CREATE INDEX balance_changes_by_time ON balance_changes (timestamp, number)",
        """
        CREATE TABLE positions (account TEXT NOT NULL, symbol TEXT NOT NULL,
        quantity TEXT NOT NULL, cost TEXT NOT NULL, realized TEXT NOT NULL,
        base_commission TEXT NOT NULL, quote_commission TEXT NOT NULL,
        sequence {whole} NOT NULL, PRIMARY KEY (account, symbol))
        """,
    ),
}
"""Version → the statements that lead from it to the next one, quick on large tables too. `{whole}`
is the type of whole numbers: only INTEGER can be SQLite's row id."""
_WHOLE = {"sqlite": "INTEGER", "postgresql": "BIGINT"}


class NewerDatabase(Exception):
    """The database was written by a later version of the archive."""


def prepare_schema(database: Engine) -> None:
    """Bring the tables to this version, or make them if there are none.

    Raise NewerDatabase, with nothing changed, if a later version made them.
    """
    with database.begin() as connection:
        version = read_version(connection)
        if version is None:
            _create_tables(connection)
            if connection.dialect.name == "sqlite":
                set_statistics(connection)
            connection.execute(insert(schema.schema_version).values(version=schema.VERSION))
        else:
            _upgrade(connection, version)


def _create_tables(connection: Connection) -> None:
    """Create tables and indexes in a fixed order: SQLite chooses among equal indexes by age."""
    for table in schema.metadata.sorted_tables:
        connection.execute(CreateTable(table))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            connection.execute(CreateIndex(index))


def check_version(connection: Connection) -> bool:
    """Return whether there are tables of this version; raise NewerDatabase for a later one."""
    version = read_version(connection)
    if version is not None and version > schema.VERSION:
        raise NewerDatabase(
            f"the archive's database has version {version}, this program knows"
            f" {schema.VERSION}: use the program that wrote it, or another DATABASE_URL"
        )
    return version == schema.VERSION


def read_version(connection: Connection) -> int | None:
    """Read the version of the tables; None if there are none."""
    if not inspect(connection).has_table(schema.schema_version.name):
        return None
    version: int = connection.execute(select(schema.schema_version.c.version)).scalar_one()
    return version


def _upgrade(connection: Connection, version: int) -> None:
    check_version(connection)
    for step in range(version, schema.VERSION):
        for statement in UPGRADES[step]:
            connection.execute(text(statement.format(whole=_WHOLE[connection.dialect.name])))
    if version < schema.VERSION:
        connection.execute(update(schema.schema_version).values(version=schema.VERSION))
