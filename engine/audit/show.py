"""The book as it was."""

from collections.abc import Iterator
from itertools import zip_longest

from engine.audit.history import History
from engine.exchange.handler import Handler
from protocol import codec
from protocol.events import Level
from protocol.snapshot import BookSnapshot, Snapshot
from protocol.timestamps import format_timestamp


class NotThere(Exception):
    """No such sequence or symbol; the text says what there is."""


def show_book(history: History, sequence: int, symbol: str, depth: int) -> Iterator[str]:
    """Lines of a table: `symbol` after the command `sequence`, `depth` levels of each side.

    Raises NotThere.
    """
    symbols = [instrument.symbol for instrument in history.instruments]
    if symbol not in symbols:
        raise NotThere(f"no symbol {symbol}; there are {', '.join(symbols) or 'none yet'}")
    snapshot = rebuild(history, sequence).export()
    book = snapshot.books[symbols.index(symbol)]
    yield (
        f"{symbol} at sequence {snapshot.sequence}, {format_timestamp(snapshot.timestamp)}:"
        f" update {book.last_update_id}, trade {book.last_trade_id},"
        f" last price {book.last_price or 'none'}"
    )
    yield from _format_levels(book, depth)


def rebuild(history: History, sequence: int) -> Handler:
    """The exchange after the command `sequence`; raises NotThere."""
    start = history.choose_start()
    if not start <= sequence <= history.sequence:
        raise NotThere(f"no sequence {sequence}; there are {start} to {history.sequence}")
    handler = history.make_handler(_find_snapshot(history, sequence))
    if handler.sequence == sequence:
        return handler
    for entry in history.read_entries(handler.sequence):
        commands = codec.split_entries(entry.commands)[: sequence - entry.previous]
        handler.handle(commands, entry.timestamp, max_size=None)
        if handler.sequence >= sequence:
            break
    return handler


def _find_snapshot(history: History, sequence: int) -> Snapshot | None:
    """The newest that can be read at or before `sequence`."""
    for stored in reversed(history.snapshots):
        if stored <= sequence:
            try:
                return history.read_snapshot(stored)
            except ValueError:
                continue
    return None


def _format_levels(book: BookSnapshot, depth: int) -> Iterator[str]:
    bids, asks = book.bids[:depth], book.asks[:depth]
    rows = [
        (*_pair(bid)[::-1], *_pair(ask)) for bid, ask in zip_longest(bids, asks, fillvalue=None)
    ]
    headings = ("bid quantity", "bid", "ask", "ask quantity")
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    for row in (headings, *rows):
        line = "  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
        yield line.rstrip()
    hidden = len(book.bids) - len(bids), len(book.asks) - len(asks)
    if any(hidden):
        yield f"and {hidden[0]} bids, {hidden[1]} asks farther away"


def _pair(level: Level | None) -> Level:
    return level or ("", "")
