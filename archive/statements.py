"""Statements for many rows, compiled once for each table."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, bindparam, update
from sqlalchemy.dialects import postgresql, sqlite

from archive.fold import Row

_PLACES = {"qmark": "?", "format": "%s"}
_UPSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_rows(
    connection: Connection, table: Table, rows: Sequence[Row], columns: tuple[str, ...] = ()
) -> None:
    """Add rows: the values of `columns`, which are all, in another order than the table's."""
    if rows:
        statement = _write_insert(table, connection.dialect, columns or tuple(table.columns.keys()))
        _execute_all(connection, statement, rows)


def put_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Add rows, each in the place of the one with its primary key if there is one."""
    if rows:
        _execute_all(connection, _compile_upsert(table, connection.dialect), rows)


def update_rows(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]
) -> None:
    """Change rows that are there: the values of `columns`, then the row's `number`."""
    if rows:
        _execute_all(connection, _compile_update(table, connection.dialect, columns), rows)


@lru_cache(maxsize=64)
def _write_insert(table: Table, dialect: Dialect, names: tuple[str, ...]) -> str:
    """Write what a compiler would write in the table's order of columns alone."""
    quote = dialect.identifier_preparer.quote
    places = ", ".join([_PLACES[dialect.paramstyle]] * len(names))
    columns = ", ".join(map(quote, names))
    return f"INSERT INTO {quote(table.name)} ({columns}) VALUES ({places})"  # noqa: S608 - ours


@lru_cache(maxsize=64)
def _compile_upsert(table: Table, dialect: Dialect) -> str:
    statement = _UPSERTS[dialect.name](table)
    key = [column.name for column in table.primary_key]
    names = tuple(table.columns.keys())
    values = {name: statement.excluded[name] for name in names if name not in key}
    return _compile(
        statement.on_conflict_do_update(index_elements=key, set_=values), dialect, names
    )


@lru_cache(maxsize=64)
def _compile_update(table: Table, dialect: Dialect, names: tuple[str, ...]) -> str:
    statement = update(table).where(table.c.number == bindparam("row_number"))
    return _compile(statement, dialect, names, "row_number")


def _compile(statement: Any, dialect: Dialect, names: tuple[str, ...], *others: str) -> str:
    """Return the text, whose parameters are the values of `names`, then `others`, by place."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert compiled.positiontup == [*names, *others]
    return str(compiled)


def _execute_all(connection: Connection, statement: str, rows: Sequence[Row]) -> None:
    """Execute the statement once for each of `rows`.

    `connection.execute` would do the same, but would spend a sixth of the archive's time on
    preparing rows for a driver that takes them as they are.
    """
    connection.exec_driver_sql(statement, list(rows))
