"""The edge to the database: SQLite in a file, or PostgreSQL."""

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, FromClause, create_engine, event, make_url
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

BUSY_SECONDS = 5.0
_CACHE_KIBIBYTES = 256 << 10
"""Order ids are spread over their whole index; pages that do not fit are read again each time."""
_CHECKPOINT_PAGES = 32 << 10
"""128 MB between two checkpoints, so that a page that changes often is copied less often."""
_WAL_LIMIT_BYTES = 256 << 20

_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
}


class UnusableDatabase(Exception):
    """The settings name a database that cannot be used; only an operator can help."""


def open_database(url: str) -> Engine:
    """Open the database for the archive itself, which writes; make SQLite's file if there is none.

    Raise UnusableDatabase for a bad URL, or one of a kind of database that is not supported.
    """
    parsed = _parse_url(url)
    if parsed.drivername == "sqlite":
        return _open_sqlite(parsed, "rwc", _prepare_writer)
    return _open_postgresql(parsed)


def open_for_queries(url: str) -> Engine:
    """Open the database for reading only. If SQLite's file is not there yet, each query fails."""
    parsed = _parse_url(url)
    if parsed.drivername == "sqlite":
        return _open_sqlite(parsed, "rw", _prepare_reader)
    options = "-c default_transaction_read_only=on"
    return _open_postgresql(parsed, options=options)


def describe_trouble(error: SQLAlchemyError) -> str:
    """Describe the error in one line, without the statement and its values, and with advice."""
    said = str(getattr(error, "orig", None) or error).strip()
    line = " ".join(said.split())[:300]
    way_out = next((advice for sign, advice in _WAYS_OUT.items() if sign in said), None)
    return f"{line}: {way_out}" if way_out else line


_WAYS_OUT = {
    "database is locked": "another program holds it; the archive goes on when it lets go",
    "malformed": "it is damaged; stop, move the file away and start: it is built anew from what"
    " the journal still has",
    "not a database": "the file is something else or damaged; stop, move it away and start",
    "disk is full": "make room; the archive goes on by itself",
    "No space left": "make room; the archive goes on by itself",
    "readonly": "the file or its folder cannot be written",
    "unable to open": "the file or its folder cannot be opened",
}


def _parse_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise UnusableDatabase("DATABASE_URL is not a URL such as sqlite:///file") from None
    driver = _DRIVERS.get(parsed.drivername)
    if driver is None:
        raise UnusableDatabase(
            f"DATABASE_URL names {parsed.drivername}; use sqlite:///file or postgresql://…"
        )
    return parsed.set(drivername=driver)


def _open_sqlite(url: URL, mode: str, prepare: Any) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise UnusableDatabase("DATABASE_URL must name a file, such as sqlite:///archive.sqlite3")
    assert url.database is not None
    name = Path(url.database).resolve().as_uri()
    url = url.set(database=name, query={"mode": mode, "uri": "true"})
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    engine.dialect.statement_compiler = _HintingCompiler
    event.listen(engine, "connect", prepare)
    return engine


class _HintingCompiler(SQLiteCompiler):
    """Supports `Select.with_hint` for SQLite's only hint: INDEXED BY."""

    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:  # noqa: ARG002
        return text


def _open_postgresql(url: URL, **connect: str) -> Engine:
    try:
        return create_engine(url, connect_args=connect, pool_pre_ping=True, paramstyle="format")
    except ModuleNotFoundError:
        raise UnusableDatabase(
            "DATABASE_URL names PostgreSQL, whose driver is not installed: "
            "pip install -e '.[postgresql]' in the folder of the clone"
        ) from None


def _prepare_writer(connection: Any, _record: object) -> None:
    """Make each commit reach the disk: once it is announced, the journal may be trimmed."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
    connection.execute(f"PRAGMA journal_size_limit={_WAL_LIMIT_BYTES}")
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIBIBYTES}")


def _prepare_reader(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only=ON")
