"""Tardis's `incremental_book_L2` and `trades`, whose first line names the columns.

Times are microseconds since 1970; `local_timestamp`, when it arrived, is the one that is followed.
A book without trades shows levels alone; trades without a book get one of their own.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from pathlib import Path

from participants.formats.lines import open_bytes
from participants.formats.quotes import Quotes
from participants.formats.records import (
    Cleared,
    Grid,
    LevelSet,
    Record,
    TimedRecord,
    Traded,
)

_SIDES = {"bid": True, "ask": False, "buy": True, "sell": False}


def read_tardis_book(path: Path, grid: Grid) -> Iterator[TimedRecord]:
    """Yield the levels of a book; each snapshot begins with nothing."""
    is_snapshot = False
    for time, fields in _read(path, grid):
        was_snapshot, is_snapshot = is_snapshot, fields["is_snapshot"].lower() == "true"
        if is_snapshot and not was_snapshot:
            yield TimedRecord(time, Cleared())
        try:
            level = LevelSet(
                _SIDES[fields["side"]],
                grid.read_price(fields["price"]),
                grid.read_quantity(fields["amount"]),
            )
        except (ValueError, KeyError):
            grid.notices.add("lines that cannot be read", f"at {time}")
        else:
            yield TimedRecord(time, level)


def read_tardis_trades(path: Path, grid: Grid, *, has_book: bool) -> Iterator[TimedRecord]:
    """Yield the trades, each with a book of its own unless the record `has_book`."""
    quotes = Quotes()
    for time, fields in _read(path, grid):
        try:
            trade = Traded(
                _SIDES[fields["side"]],
                grid.read_price(fields["price"]),
                grid.read_quantity(fields["amount"]),
            )
        except (ValueError, KeyError):
            grid.notices.add("trades that cannot be read, or without a side", f"at {time}")
            continue
        records: Iterator[Record] = iter((trade,)) if has_book else quotes.show(*trade)
        for record in records if trade.quantity else ():
            yield TimedRecord(time, record)


def _read(path: Path, grid: Grid) -> Iterator[tuple[int, Mapping[str, str]]]:
    with open_bytes(path) as content:
        rows = csv.DictReader(io.TextIOWrapper(content, encoding="utf-8-sig"), restval="")
        for fields in rows:
            try:
                time = int(fields["local_timestamp"])
            except ValueError:
                grid.notices.add("lines that cannot be read", f"line {rows.line_num}")
            else:
                yield time, fields
