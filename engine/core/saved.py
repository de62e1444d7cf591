"""The bytes to which a matcher's state is saved, the same from either core.

Header, one book record for each symbol, one order record for each open order, CRC-32 of all of
it; little-endian. Orders come by symbol; within one, bids best price first, asks best price
first, then the orders that wait for a fall and those that wait for a rise, nearest stop price
first; within one price, in order of priority.
"""

from struct import Struct
from typing import NamedTuple
from zlib import crc32

from .codes import MAX_ORDERS, MAX_SYMBOLS

MAGIC = b"GQCORE01"
"""Name and version of the layout."""
HEADER = Struct("<8sIIQQ")
"""Magic, symbols, open orders, arrival counter, state hash."""
BOOK_RECORD = Struct("<3q")
"""Last trade price, trade_id, update_id."""
ORDER_RECORD = Struct("<6qQIBBBB")
"""order_id, account, price, stop_price, remaining, filled, arrival, symbol, side, order_type,
self_trade_prevention, waiting."""
CHECKSUM = Struct("<I")


class Saved(NamedTuple):
    """Saved bytes taken apart; `books` and `orders` are the packed records."""

    symbols: int
    arrival: int
    state_hash: int
    books: memoryview
    orders: memoryview


def seal(saved: Saved) -> bytes:
    """Put a state's parts together, with header and checksum."""
    orders = len(saved.orders) // ORDER_RECORD.size
    header = HEADER.pack(MAGIC, saved.symbols, orders, saved.arrival, saved.state_hash)
    body = b"".join((header, saved.books, saved.orders))
    return body + CHECKSUM.pack(crc32(body))


def unseal(data: bytes) -> Saved:
    """Take saved bytes apart; ValueError if they are damaged or of another version."""
    view = memoryview(data).cast("B")
    if len(view) < HEADER.size + CHECKSUM.size:
        raise ValueError("saved matcher is cut short")
    magic, symbols, orders, arrival, state_hash = HEADER.unpack_from(view)
    if magic != MAGIC:
        raise ValueError(f"not a saved matcher of this version: it begins with {magic!r}")
    books_end = HEADER.size + symbols * BOOK_RECORD.size
    end = books_end + orders * ORDER_RECORD.size
    if len(view) != end + CHECKSUM.size:
        raise ValueError("saved matcher has the wrong length")
    if CHECKSUM.unpack_from(view, end)[0] != crc32(view[:end]):
        raise ValueError("saved matcher is damaged: its checksum differs")
    if symbols > MAX_SYMBOLS or orders > MAX_ORDERS:
        raise ValueError("saved matcher is larger than a matcher can be")
    return Saved(symbols, arrival, state_hash, view[HEADER.size : books_end], view[books_end:end])
