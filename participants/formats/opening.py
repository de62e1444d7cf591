"""Open recorded files: find out their format, and put the records of several in order."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from participants.formats.binance import read_binance
from participants.formats.coinbase import read_coinbase
from participants.formats.commands import FORMS, FileCommand, read_commands
from participants.formats.itch import read_itch
from participants.formats.lines import UNREADABLE, open_bytes
from participants.formats.lobster import read_lobster
from participants.formats.records import (
    Grid,
    Matched,
    Notices,
    Placed,
    Record,
    Removed,
    Resized,
    TimedRecord,
    put_in_order,
)
from participants.formats.tardis import read_tardis_book, read_tardis_trades

_HEAD_BYTES = 4096
_LOBSTER_FIELDS = 6

ORDER_FORMATS = ("commands", "lobster", "itch", "coinbase")
LEVEL_FORMATS = ("binance", "tardis-book", "tardis-trades")
_LOBSTER_BOOK = "lobster-book"


class Recording(NamedTuple):
    """Files of one record: either orders one by one, or levels and trades."""

    has_orders: bool
    read: Callable[[], Iterator[TimedRecord]]
    """Reads from the beginning, as often as it is called."""
    notices: Notices
    """Of the reading."""


_Files: TypeAlias = Mapping[str, list[Path]]


def open_recording(paths: Sequence[Path], grid: Grid, stock: str | None = None) -> Recording:
    """Open the files of one record; `stock` is the one of an ITCH file that is wanted.

    Raise ValueError if a format is not known, or if they do not belong together, and OSError.
    Reading raises both too.
    """
    files: dict[str, list[Path]] = {}
    for path in paths:
        files.setdefault(_find_format(path), []).append(path)
    has_orders = not files.keys().isdisjoint(ORDER_FORMATS)
    if has_orders and not files.keys().isdisjoint(LEVEL_FORMATS):
        raise ValueError(f"orders and levels are no record together: {', '.join(files)}")
    if files.keys() == {_LOBSTER_BOOK}:
        raise ValueError("LOBSTER's book needs its message file")

    def read() -> Iterator[TimedRecord]:
        grid.notices.clear()
        readers = [_guard(path, reader) for path, reader in _list_readers(files, grid, stock)]
        merged = heapq.merge(*readers, key=lambda record: record.time or 0)
        return put_in_order(merged, grid.notices)

    return Recording(has_orders, read, grid.notices)


def _list_readers(
    files: _Files, grid: Grid, stock: str | None
) -> Iterator[tuple[Path, Iterator[TimedRecord]]]:
    book = next(iter(files.get(_LOBSTER_BOOK, ())), None)
    readers: dict[str, Callable[[Path], Iterator[TimedRecord]]] = {
        "commands": lambda path: _read_own(path, grid),
        "lobster": lambda path: read_lobster(path, grid, book),
        "itch": lambda path: read_itch(path, grid, stock),
        "coinbase": lambda path: read_coinbase(path, grid),
        "binance": lambda path: read_binance(path, grid),
        "tardis-book": lambda path: read_tardis_book(path, grid),
        "tardis-trades": lambda path: read_tardis_trades(
            path, grid, has_book="tardis-book" in files
        ),
    }
    for name, reader in readers.items():
        for path in files.get(name, ()):
            yield path, reader(path)


def _guard(path: Path, records: Iterator[TimedRecord]) -> Iterator[TimedRecord]:
    try:
        yield from records
    except UNREADABLE as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def _read_own(path: Path, grid: Grid) -> Iterator[TimedRecord]:
    for command in read_commands(path, grid.instrument):
        yield TimedRecord(None, _convert(command))
        for trade in command.trades:
            yield TimedRecord(None, Matched(*trade))


def _convert(command: FileCommand) -> Record:
    match command.kind:
        case "C":
            return Removed(command.order_id)
        case "A":
            return Resized(command.order_id, command.quantity)
        case _:
            order = (command.order_id, command.is_buy, command.price, command.quantity)
            return Placed(*order, is_ioc=command.kind == "I")


def _find_format(path: Path) -> str:
    try:
        with open_bytes(path) as content:
            head = content.read(_HEAD_BYTES)
    except UNREADABLE as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if head[:1] == b"\0":
        return "itch"
    text = head.decode("utf-8-sig", "replace").lstrip()
    if text.startswith("{"):
        return "coinbase"
    first = text.partition("\n")[0].strip()
    return _find_text_format(path, first.split(","))


def _find_text_format(path: Path, fields: list[str]) -> str:
    if fields[0].strip() in FORMS or fields[0].startswith("#"):
        return "commands"
    if "local_timestamp" in fields:
        return "tardis-book" if "is_snapshot" in fields else "tardis-trades"
    if "orderbook" in path.name:
        return _LOBSTER_BOOK
    if len(fields) == _LOBSTER_FIELDS and fields[5].strip() in {"1", "-1"}:
        return "lobster"
    if len(fields) >= _LOBSTER_FIELDS:
        return "binance"
    raise ValueError(
        f"the format of {path} is not known: there are our own commands, LOBSTER, ITCH 5.0,"
        " Binance's trades, aggTrades and klines, Tardis's incremental_book_L2 and trades, and"
        " Coinbase's level 3 snapshot"
    )
