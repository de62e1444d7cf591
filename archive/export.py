"""`python -m archive export`: writes a table, or a part of it, to a file."""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Never

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import SQLAlchemyError
from tqdm import tqdm

from archive.candles import parse_interval
from archive.database import describe_trouble, open_for_queries
from archive.export_destination import (
    UnusableDestination,
    find_destination,
    open_destination,
)
from archive.export_files import CsvFile, MissingLibrary, ParquetFile, RowFile
from archive.export_table import (
    COLUMNS,
    Selection,
    count_amount_places,
    count_rows,
    find_instruments,
    has_symbol,
    has_time,
    read_rows,
)
from archive.versions import NewerDatabase, check_version
from protocol.instrument import Instrument

FORMATS = ("csv", "parquet")
DEFAULT_INTERVAL = 60


class Refused(Exception):
    """The export cannot be made; the text says why, and what to do."""


_SAID = (Refused, UnusableDestination, LookupError, MissingLibrary, NewerDatabase, OSError)


def export(arguments: argparse.Namespace, database_url: str) -> int:
    """Write the file; return 0, or 1 after one line that says why there is none."""
    try:
        _export(arguments, database_url)
    except BrokenPipeError:  # as in `export … - | head`; the flush at exit must not fail either
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("archive: interrupted\n")
        return 1
    except _SAID as error:
        sys.stderr.write(f"archive: {error}\n")
        return 1
    except SQLAlchemyError as error:
        shown = make_url(database_url).render_as_string()
        sys.stderr.write(f"archive: database {shown}: {describe_trouble(error)}\n")
        return 1
    return 0


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "file", metavar="FILE", help="replaced when all is written; - is standard output, for CSV"
    )
    parser.add_argument("--table", required=True, choices=sorted(COLUMNS))
    parser.add_argument("--symbol", help="only this instrument (all)")
    parser.add_argument(
        "--from",
        dest="start",
        type=parse_time,
        metavar="TIME",
        help="2026-01-31, or 2026-01-31T12:00:00Z; UTC if there is no zone (the beginning)",
    )
    parser.add_argument(
        "--to", dest="end", type=parse_time, metavar="TIME", help="not included (the end)"
    )
    parser.add_argument("--format", choices=FORMATS, help="by default as the file is called")
    parser.add_argument(
        "--interval",
        type=_parse_interval,
        metavar="INTERVAL",
        help="of candles only, such as 15s, 1m, 4h, 1d (1m)",
    )


def parse_time(text: str) -> int:
    """Return the microseconds of an ISO-8601 date or time, in UTC if it names no zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-01-31") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.replace(microsecond=0).timestamp()) * 1_000_000 + moment.microsecond


def _parse_interval(text: str) -> int:
    try:
        return parse_interval(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _export(arguments: argparse.Namespace, database_url: str) -> None:
    selection = _make_selection(arguments)
    path = find_destination(arguments.file)
    kind = _choose_format(arguments.format, path)
    database = open_for_queries(database_url)
    try:
        with database.connect() as connection:
            rows = _write_file(connection, selection, kind, path)
    finally:
        database.dispose()
    sys.stderr.write(f"{rows} rows in {path or 'standard output'}\n")


def _make_selection(arguments: argparse.Namespace) -> Selection:
    start, end, interval = arguments.start, arguments.end, arguments.interval
    if start is not None and end is not None and start >= end:
        raise Refused("--to must be after --from: what is at --to is not included")
    table = arguments.table
    if interval is not None and table != "candles":
        raise Refused(f"--interval is for candles: {table} have none")
    if arguments.symbol is not None and not has_symbol(table):
        raise Refused(f"--symbol is of an instrument: {table} are of assets")
    if (start is not None or end is not None) and not has_time(table):
        raise Refused(f"--from and --to are for what has a time: {table} are those of now")
    return Selection(table, arguments.symbol, start, end, interval or DEFAULT_INTERVAL)


def _choose_format(chosen: str | None, path: Path | None) -> str:
    if path is None:
        if chosen == "parquet":
            raise Refused("Parquet goes to a file; only CSV goes to standard output")
        return "csv"
    kind = chosen or path.suffix.removeprefix(".")
    if kind not in FORMATS:
        raise Refused("say --format csv or --format parquet, or call the file .csv or .parquet")
    return kind


def _write_file(connection: Connection, selection: Selection, kind: str, path: Path | None) -> int:
    """Write the rows; return their number."""
    if not check_version(connection):
        raise Refused("the archive has not begun yet: start the system first")
    instruments = find_instruments(connection, selection.symbol)
    places = count_amount_places(connection)
    with open_destination(path) as destination:
        file = _open_file(kind, destination, selection.table, instruments, places)
        rows = _write_rows(connection, selection, file, [one.symbol for one in instruments])
        file.close()
    return rows


def _write_rows(
    connection: Connection, selection: Selection, file: RowFile, symbols: Sequence[str]
) -> int:
    bar: tqdm[Never]
    rows = 0
    total = count_rows(connection, selection, symbols)
    with tqdm(total=total, unit=" rows", unit_scale=True) as bar:
        for part in read_rows(connection, selection, symbols):
            file.write(part)
            rows += len(part)
            bar.update(len(part))
    return rows


def _open_file(
    kind: str, destination: BinaryIO, table: str, instruments: Sequence[Instrument], places: int
) -> RowFile:
    if kind == "csv":
        return CsvFile(destination, COLUMNS[table])
    return ParquetFile(destination, COLUMNS[table], instruments, places)
