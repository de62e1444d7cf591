"""Makes the tables, upgrades those of an older version, refuses those of a later one."""

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update
from sqlalchemy.schema import CreateIndex, CreateTable

from archive import schema
from archive.sqlite_statistics import set_statistics

UPGRADES: Mapping[int, tuple[str, ...]] = {
    1: ("ALTER TABLE candles RENAME COLUMN notional TO quote_volume",),
}
"""Version → the statements that lead from it to the next one, quick on large tables too."""


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
            connection.execute(text(statement))
    if version < schema.VERSION:
        connection.execute(update(schema.schema_version).values(version=schema.VERSION))
