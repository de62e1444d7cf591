"""The bytes to which a matcher's state is saved, the same from either core.

Header, one book record for each symbol, one order record for each open order, the ledger if there
is one, CRC-32 of all of it; little-endian. Orders come by symbol; within one, bids best price
first, asks best price first, then the orders that wait for a fall and those that wait for a rise,
nearest stop price first; within one price, in order of priority.

A ledger has its header, a terms record for each symbol, the accounts' own fees by account and
symbol, and for each account what is free of each asset. What is locked is what the orders hold.
"""

from struct import Struct
from typing import NamedTuple
from zlib import crc32

from .codes import MAX_ACCOUNTS, MAX_ASSETS, MAX_ORDERS, MAX_SYMBOLS

MAGIC = b"GQCORE01"
"""Name and version of the layout without a ledger."""
LEDGER_MAGIC = b"GQCORE02"
"""Name and version of the layout with one."""
HEADER = Struct("<8sIIQQ")
"""Magic, symbols, open orders, arrival counter, state hash."""
BOOK_RECORD = Struct("<3q")
"""Last trade price, trade_id, update_id."""
ORDER_RECORD = Struct("<6qQIBBBB")
"""order_id, account, price, stop_price, remaining, filled, arrival, symbol, side, order_type,
self_trade_prevention, waiting."""
LEDGER_HEADER = Struct("<4I")
"""Assets, accounts, own fees, whether funds are checked."""
TERMS_RECORD = Struct("<2q4I")
"""lot_units, step_units, base, quote, maker_fee, taker_fee."""
FEES_RECORD = Struct("<qi2I4x")
"""Account, symbol, maker_fee, taker_fee."""
FREE_RECORD = Struct("<Qq")
"""The low and the high 64 bits of what is free."""
CHECKSUM = Struct("<I")


class SavedLedger(NamedTuple):
    """A ledger's saved bytes taken apart; `terms`, `fees` and `free` are the packed records."""

    assets: int
    accounts: int
    is_checked: bool
    terms: memoryview
    fees: memoryview
    free: memoryview


class Saved(NamedTuple):
    """Saved bytes taken apart; `books` and `orders` are the packed records."""

    symbols: int
    arrival: int
    state_hash: int
    books: memoryview
    orders: memoryview
    ledger: SavedLedger | None = None


def seal(saved: Saved) -> bytes:
    """Put a state's parts together, with header and checksum."""
    orders = len(saved.orders) // ORDER_RECORD.size
    magic = MAGIC if saved.ledger is None else LEDGER_MAGIC
    header = HEADER.pack(magic, saved.symbols, orders, saved.arrival, saved.state_hash)
    body = b"".join((header, saved.books, saved.orders, *_seal_ledger(saved.ledger)))
    return body + CHECKSUM.pack(crc32(body))


def unseal(data: bytes) -> Saved:
    """Take saved bytes apart; ValueError if they are damaged or of another version."""
    view = memoryview(data).cast("B")
    if len(view) < HEADER.size + CHECKSUM.size:
        raise ValueError("saved matcher is cut short")
    magic, symbols, orders, arrival, state_hash = HEADER.unpack_from(view)
    if magic not in (MAGIC, LEDGER_MAGIC):
        raise ValueError(f"not a saved matcher of this version: it begins with {magic!r}")
    books_end = HEADER.size + symbols * BOOK_RECORD.size
    orders_end = books_end + orders * ORDER_RECORD.size
    end = len(view) - CHECKSUM.size
    if end < orders_end or (magic == MAGIC and end != orders_end):
        raise ValueError("saved matcher has the wrong length")
    if CHECKSUM.unpack_from(view, end)[0] != crc32(view[:end]):
        raise ValueError("saved matcher is damaged: its checksum differs")
    if symbols > MAX_SYMBOLS or orders > MAX_ORDERS:
        raise ValueError("saved matcher is larger than a matcher can be")
    books, rest = view[HEADER.size : books_end], view[orders_end:end]
    ledger = _unseal_ledger(rest, symbols) if magic == LEDGER_MAGIC else None
    return Saved(symbols, arrival, state_hash, books, view[books_end:orders_end], ledger)


def _seal_ledger(ledger: SavedLedger | None) -> tuple[bytes | memoryview, ...]:
    if ledger is None:
        return ()
    own_fees = len(ledger.fees) // FEES_RECORD.size
    header = LEDGER_HEADER.pack(ledger.assets, ledger.accounts, own_fees, ledger.is_checked)
    return header, ledger.terms, ledger.fees, ledger.free


def _unseal_ledger(view: memoryview, symbols: int) -> SavedLedger:
    if len(view) < LEDGER_HEADER.size:
        raise ValueError("saved ledger is cut short")
    assets, accounts, own_fees, is_checked = LEDGER_HEADER.unpack_from(view)
    terms_end = LEDGER_HEADER.size + symbols * TERMS_RECORD.size
    fees_end = terms_end + own_fees * FEES_RECORD.size
    if len(view) != fees_end + accounts * assets * FREE_RECORD.size:
        raise ValueError("saved ledger has the wrong length")
    if not (1 <= assets <= MAX_ASSETS and 1 <= accounts <= MAX_ACCOUNTS and is_checked <= 1):
        raise ValueError("saved ledger is not one that a matcher can have")
    return SavedLedger(
        assets,
        accounts,
        bool(is_checked),
        view[LEDGER_HEADER.size : terms_end],
        view[terms_end:fees_end],
        view[fees_end:],
    )
