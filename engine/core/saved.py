"""The bytes to which a matcher's state is saved, the same from either core.

Header, one book record for each symbol, one order record for each open order, what few have, the
ledger if there is one, CRC-32 of all of it; little-endian. Orders come by symbol; within one, bids
best price first, asks best price first, then the orders that wait for a fall and those that wait
for a rise, nearest stop price first, then the trailing buys and sells and the pending ones of
lists; within one price, or one side of those that trail, in order of priority.

What few have is there if there is anything of it: its header, the last prevented match of each
symbol if they are numbered, and a record for each order that has more than its own record tells;
if orders are in lists, how many, and a record for each; the same for those that trail.

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
EXTRAS_MAGIC = b"GQCORE03"
"""Name and version of the layout with what few have."""
HEADER = Struct("<8sIIQQ")
"""Magic, symbols, open orders, arrival counter, state hash."""
BOOK_RECORD = Struct("<3q")
"""Last trade price, trade_id, update_id."""
ORDER_RECORD = Struct("<6qQIBBBB")
"""order_id, account, price, stop_price, remaining, filled, arrival, symbol, side, order_type,
self_trade_prevention, waiting."""
EXTRAS_HEADER = Struct("<I4B")
"""Orders that have more, whether prevented matches are numbered, whether a ledger follows, whether
orders are in lists, whether orders trail."""
PREVENTED_RECORD = Struct("<q")
"""The id of a symbol's last prevented match."""
EXTRA_RECORD = Struct("<2I2q")
"""Place among the orders, time_in_force, display_quantity, how much is hidden."""
RECORD_COUNT = Struct("<I")
"""Orders in lists, or that trail."""
LIST_RECORD = Struct("<I2H3q")
"""Place among the orders, whether it holds nothing, whether what it buys is for others, partner,
link, received."""
TRAILING_RECORD = Struct("<2I2q")
"""Place among the orders, trailing_unit, trailing_offset, extreme."""
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
    """Saved bytes taken apart; all views but those of the ledger are packed records.

    `prevented` is None if prevented matches are not numbered.
    """

    symbols: int
    arrival: int
    state_hash: int
    books: memoryview
    orders: memoryview
    ledger: SavedLedger | None = None
    extras: memoryview = memoryview(b"")
    prevented: memoryview | None = None
    lists: memoryview = memoryview(b"")
    trailing: memoryview = memoryview(b"")

    @property
    def has_extras(self) -> bool:
        """Whether there is anything that few have."""
        return bool(self.extras or self.lists or self.trailing) or self.prevented is not None


def seal(saved: Saved) -> bytes:
    """Put a state's parts together, with header and checksum."""
    orders = len(saved.orders) // ORDER_RECORD.size
    magic = MAGIC if saved.ledger is None else LEDGER_MAGIC
    if saved.has_extras:
        magic = EXTRAS_MAGIC
    header = HEADER.pack(magic, saved.symbols, orders, saved.arrival, saved.state_hash)
    more = (*_seal_extras(saved), *_seal_ledger(saved.ledger))
    body = b"".join((header, saved.books, saved.orders, *more))
    return body + CHECKSUM.pack(crc32(body))


def unseal(data: bytes) -> Saved:
    """Take saved bytes apart; ValueError if they are damaged or of another version."""
    view = memoryview(data).cast("B")
    if len(view) < HEADER.size + CHECKSUM.size:
        raise ValueError("saved matcher is cut short")
    magic, symbols, orders, arrival, state_hash = HEADER.unpack_from(view)
    if magic not in (MAGIC, LEDGER_MAGIC, EXTRAS_MAGIC):
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
    saved = Saved(symbols, arrival, state_hash, books, view[books_end:orders_end])
    has_ledger = magic == LEDGER_MAGIC
    if magic == EXTRAS_MAGIC:
        saved, rest, has_ledger = _unseal_extras(saved, rest)
    return saved._replace(ledger=_unseal_ledger(rest, symbols) if has_ledger else None)


def _seal_extras(saved: Saved) -> tuple[bytes | memoryview, ...]:
    if not saved.has_extras:
        return ()
    count = len(saved.extras) // EXTRA_RECORD.size
    is_numbered, has_ledger = saved.prevented is not None, saved.ledger is not None
    has_lists, has_trailing = len(saved.lists) > 0, len(saved.trailing) > 0
    header = EXTRAS_HEADER.pack(count, is_numbered, has_ledger, has_lists, has_trailing)
    few = (
        *_seal_records(saved.lists, LIST_RECORD),
        *_seal_records(saved.trailing, TRAILING_RECORD),
    )
    return header, saved.prevented or b"", saved.extras, *few


def _seal_records(records: memoryview, form: Struct) -> tuple[bytes | memoryview, ...]:
    return (RECORD_COUNT.pack(len(records) // form.size), records) if records else ()


def _unseal_extras(saved: Saved, view: memoryview) -> tuple[Saved, memoryview, bool]:
    """Take apart what few have; return what follows it, and whether that is a ledger."""
    if len(view) < EXTRAS_HEADER.size:
        raise ValueError("saved matcher is cut short")
    count, *flags = EXTRAS_HEADER.unpack_from(view)
    is_numbered, has_ledger, has_lists, has_trailing = flags
    start = EXTRAS_HEADER.size + is_numbered * saved.symbols * PREVENTED_RECORD.size
    end = start + count * EXTRA_RECORD.size
    if max(flags) > 1 or len(view) < end:
        raise ValueError("saved matcher has the wrong length")
    prevented = view[EXTRAS_HEADER.size : start] if is_numbered else None
    lists, rest = _unseal_records(view[end:], LIST_RECORD, has_lists)
    trailing, rest = _unseal_records(rest, TRAILING_RECORD, has_trailing)
    if not has_ledger and len(rest):
        raise ValueError("saved matcher has the wrong length")
    saved = saved._replace(extras=view[start:end], prevented=prevented)
    return saved._replace(lists=lists, trailing=trailing), rest, has_ledger


def _unseal_records(
    view: memoryview, form: Struct, is_there: bool
) -> tuple[memoryview, memoryview]:
    """Take records with their count off, if they are there; return what follows them, too."""
    if not is_there:
        return view[:0], view
    count = RECORD_COUNT.unpack_from(view)[0] if len(view) >= RECORD_COUNT.size else 0
    end = RECORD_COUNT.size + count * form.size
    if count == 0 or len(view) < end:
        raise ValueError("saved matcher has the wrong length")
    return view[RECORD_COUNT.size : end], view[end:]


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
