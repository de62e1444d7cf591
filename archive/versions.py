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
    3: (
        "ALTER TABLE candles ADD COLUMN taker_buy_volume TEXT",
        "ALTER TABLE candles ADD COLUMN taker_buy_quote_volume TEXT",
        "ALTER TABLE candles ADD COLUMN first_trade_id {whole}",
        "ALTER TABLE candles ADD COLUMN last_trade_id {whole}",
        "ALTER TABLE orders ADD COLUMN exchange_number {whole}",
        "ALTER TABLE orders ADD COLUMN execution_number {whole}",
        "ALTER TABLE fills ADD COLUMN exchange_number {whole}",
        "ALTER TABLE fills ADD COLUMN execution_number {whole}",
        """
        CREATE UNIQUE INDEX orders_by_number ON orders (exchange_number)
        WHERE exchange_number IS NOT NULL
        """,
        """
        CREATE TABLE amendments (execution_number {whole} NOT NULL, order_number {whole} NOT NULL,
        previous_client_order_id TEXT NOT NULL, client_order_id TEXT NOT NULL,
        previous_quantity TEXT NOT NULL, quantity TEXT NOT NULL, timestamp {whole} NOT NULL,
        PRIMARY KEY (execution_number))
        """,
        "CREATE INDEX amendments_by_time ON amendments (timestamp, execution_number)",
        "CREATE INDEX amendments_by_order ON amendments (order_number, execution_number)",
        "ALTER TABLE orders ADD COLUMN time_in_force TEXT",
        "ALTER TABLE orders ADD COLUMN expires_at {whole}",
        "ALTER TABLE orders ADD COLUMN display_quantity TEXT",
        "ALTER TABLE orders ADD COLUMN quote_quantity TEXT",
        "ALTER TABLE orders ADD COLUMN prevented_quantity TEXT",
        """
        CREATE TABLE prevented_matches (symbol TEXT NOT NULL, prevented_match_id {whole} NOT NULL,
        order_id {whole} NOT NULL, other_order_id {whole} NOT NULL, account TEXT NOT NULL,
        side TEXT NOT NULL, liquidity TEXT NOT NULL, price TEXT NOT NULL, quantity TEXT NOT NULL,
        sequence {whole} NOT NULL, timestamp {whole} NOT NULL,
        PRIMARY KEY (symbol, prevented_match_id, liquidity))
        """,
        """
        CREATE INDEX prevented_matches_by_account
        ON prevented_matches (account, symbol, prevented_match_id)
        """,
        "CREATE INDEX prevented_matches_by_time ON prevented_matches (timestamp)",
    ),
    4: (
        "ALTER TABLE orders ADD COLUMN self_trade_prevention TEXT",
        "ALTER TABLE orders ADD COLUMN working_since {whole}",
    ),
    5: (
        "ALTER TABLE orders ADD COLUMN list_id {whole}",
        "ALTER TABLE orders ADD COLUMN list_type TEXT",
        "ALTER TABLE orders ADD COLUMN client_list_id TEXT",
        "ALTER TABLE orders ADD COLUMN list_orders TEXT",
        "ALTER TABLE orders ADD COLUMN list_state TEXT",
        "CREATE INDEX orders_by_list ON orders (account, list_id) WHERE list_id IS NOT NULL",
        """
        CREATE INDEX orders_by_list_name ON orders (account, client_list_id, number)
        WHERE list_id IS NOT NULL
        """,
    ),
    6: (
        "ALTER TABLE orders ADD COLUMN reject_if_triggered BOOLEAN",
        "ALTER TABLE orders ADD COLUMN trailing_offset TEXT",
        "ALTER TABLE orders ADD COLUMN trailing_offset_type TEXT",
        "ALTER TABLE orders ADD COLUMN activation_price TEXT",
    ),
    7: (
        """
        CREATE TABLE archive_shards (shard INTEGER NOT NULL, exchange TEXT NOT NULL,
        sequence {whole} NOT NULL, timestamp {whole} NOT NULL, state_hash TEXT NOT NULL,
        PRIMARY KEY (shard))
        """,
        """
        CREATE TABLE gaps_of_shards (shard INTEGER NOT NULL, after_sequence {whole} NOT NULL,
        next_sequence {whole} NOT NULL, timestamp {whole} NOT NULL,
        PRIMARY KEY (shard, after_sequence))
        """,
        """
        INSERT INTO gaps_of_shards
        SELECT 1, after_sequence, next_sequence, timestamp FROM journal_gaps
        """,
        "DROP TABLE journal_gaps",
        "ALTER TABLE gaps_of_shards RENAME TO journal_gaps",
        """
        CREATE TABLE balances_on_shards (account TEXT NOT NULL, asset TEXT NOT NULL,
        shard INTEGER NOT NULL, free TEXT NOT NULL, locked TEXT NOT NULL,
        sequence {whole} NOT NULL, PRIMARY KEY (account, asset, shard))
        """,
        """
        INSERT INTO balances_on_shards
        SELECT account, asset, 1, free, locked, sequence FROM balances
        """,
        "DROP TABLE balances",
        "ALTER TABLE balances_on_shards RENAME TO balances",
        "ALTER TABLE balance_changes ADD COLUMN shard INTEGER NOT NULL DEFAULT 1",
    ),
    8: (
        "ALTER TABLE balance_changes ADD COLUMN other_shard INTEGER",
        "ALTER TABLE balance_changes ADD COLUMN transfer {whole}",
        """
        CREATE TABLE transfers_on_way (source INTEGER NOT NULL, target INTEGER NOT NULL,
        transfer {whole} NOT NULL, account TEXT NOT NULL, asset TEXT NOT NULL,
        amount TEXT NOT NULL, PRIMARY KEY (source, target, transfer))
        """,
        "CREATE INDEX transfers_on_way_by_account ON transfers_on_way (account)",
    ),
    9: (
        "ALTER TABLE orders ADD COLUMN trailing_since {whole}",
        "ALTER TABLE orders ADD COLUMN cancel_id TEXT",
        "ALTER TABLE orders ADD COLUMN strategy TEXT",
        """
        CREATE INDEX orders_by_cancel_id ON orders (account, cancel_id, number)
        WHERE cancel_id IS NOT NULL
        """,
    ),
}
"""Version → the statements that lead from it to the next one, quick on large tables too. `{whole}`
is the type of whole numbers: only INTEGER can be SQLite's row id."""
_WHOLE = {"sqlite": "INTEGER", "postgresql": "BIGINT"}


class NewerDatabase(Exception):
    """The database was written by a later version of the archive."""


def prepare_schema(database: Engine) -> None:
    """Bring the tables to this version, or make them if there are none: all of it or nothing.

    Raise NewerDatabase, with nothing changed, if a later version made them.
    """
    with database.begin() as connection:
        if connection.dialect.name == "sqlite":  # whose driver begins no transaction for a table
            connection.exec_driver_sql("BEGIN IMMEDIATE")
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
