"""Show a book as it was."""

from collections.abc import Iterator
from itertools import zip_longest

from engine.audit.record import Record
from engine.exchange.exchange import Exchange
from engine.order_path.handler import Handler
from protocol import codec
from protocol.events import Level
from protocol.snapshot import BookSnapshot, Snapshot
from protocol.timestamps import format_timestamp


class NotThere(Exception):
    """No such sequence or symbol; the text says what there is."""


def show_book(record: Record, sequence: int, symbol: str, depth: int) -> Iterator[str]:
    """Yield the lines of a table: `depth` levels of each side of `symbol` after `sequence`.

    Raises NotThere.
    """
    symbols = [instrument.symbol for instrument in record.instruments]
    if symbol not in symbols:
        raise NotThere(f"no symbol {symbol}; there are {', '.join(symbols) or 'none yet'}")
    snapshot = rebuild(record, sequence).export()
    book = snapshot.books[symbols.index(symbol)]
    stamp = format_timestamp(snapshot.timestamp)
    on_shard = "" if record.shard == 1 else f" on shard {record.shard}"
    yield (
        f"{symbol}{on_shard} at sequence {snapshot.sequence}, {stamp}:"
        f" update {book.last_update_id}, trade {book.last_trade_id},"
        f" last price {book.last_price or 'none'}"
    )
    yield from _format_levels(book, depth)


def rebuild(record: Record, sequence: int) -> Exchange:
    """Rebuild the exchange after the command `sequence`; raise NotThere if it is not stored."""
    start = record.choose_start()
    if not start <= sequence <= record.sequence:
        raise NotThere(f"no sequence {sequence}; there are {start} to {record.sequence}")
    exchange = record.make_exchange(_find_snapshot(record, sequence))
    if exchange.sequence == sequence:
        return exchange
    handler = Handler(exchange)
    for entry in record.read_entries(exchange.sequence):
        commands = codec.split_entries(entry.commands)[: sequence - entry.previous]
        handler.handle(commands, entry.timestamp, entry.elapsed, max_size=None)
        if exchange.sequence >= sequence:
            break
    return exchange


def _find_snapshot(record: Record, sequence: int) -> Snapshot | None:
    """Find the newest snapshot at or before `sequence` that can be read."""
    for stored in reversed(record.snapshots):
        if stored <= sequence:
            try:
                return record.read_snapshot(stored)
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
