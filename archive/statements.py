"""Statements for many rows, compiled once for each table."""

from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler

from archive.fold import Row

_UPSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_rows(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Add rows, which all have the same columns."""
    if rows:
        compiled = _compile_insert(table, connection.dialect, tuple(rows[0]))
        _execute_all(connection, compiled, rows)


def put_rows(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Add rows, each in the place of the one with its primary key if there is one."""
    if rows:
        compiled = _compile_upsert(table, connection.dialect, tuple(rows[0]))
        _execute_all(connection, compiled, rows)


def update_rows(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Change rows, each the one whose `number` is its `row_number`."""
    if rows:
        compiled = _compile_update(table, connection.dialect, tuple(rows[0]))
        _execute_all(connection, compiled, rows)


@lru_cache(maxsize=64)
def _compile_insert(table: Table, dialect: Dialect, names: tuple[str, ...]) -> SQLCompiler:
    return insert(table).compile(dialect=dialect, column_keys=list(names))


@lru_cache(maxsize=64)
def _compile_upsert(table: Table, dialect: Dialect, names: tuple[str, ...]) -> SQLCompiler:
    statement = _UPSERTS[dialect.name](table)
    key = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in names if name not in key}
    statement = statement.on_conflict_do_update(index_elements=key, set_=values)
    compiled: SQLCompiler = statement.compile(dialect=dialect, column_keys=list(names))
    return compiled


@lru_cache(maxsize=64)
def _compile_update(table: Table, dialect: Dialect, names: tuple[str, ...]) -> SQLCompiler:
    statement = update(table).where(table.c.number == bindparam("row_number"))
    return statement.compile(dialect=dialect, column_keys=list(names))


def _execute_all(connection: Connection, compiled: SQLCompiler, rows: list[Row]) -> None:
    """Execute the statement once for each of `rows`, which have the names it was compiled for.

    `connection.execute` would do the same, but would spend a sixth of the archive's time on
    preparing rows for a driver that takes them as they are.
    """
    if compiled.positiontup is None:
        connection.exec_driver_sql(compiled.string, rows)
    else:
        to_tuple = itemgetter(*compiled.positiontup)
        connection.exec_driver_sql(compiled.string, list(map(to_tuple, rows)))
