"""What the journal says of all that the clients, the feed's reader and the archive were told."""

import sqlite3
from contextlib import closing
from pathlib import Path

from benchmark._chaos_clients import Accepted
from benchmark._chaos_feed import FeedReader
from benchmark._chaos_witness import Witness
from engine.history import History
from engine.show import rebuild

_ORDERS = "SELECT order_id, status, filled_quantity FROM orders ORDER BY number"
_TRADES = "SELECT trade_id, price, quantity FROM trades WHERE symbol = ?"


def count_lost(accepted: Accepted, witness: Witness) -> int:
    """Orders that a client got 201 for and of which the journal knows nothing."""
    return len(accepted.order_ids - witness.states.keys())


def count_invented_trades(reader: FeedReader, witness: Witness) -> int:
    """Trades that the feed showed and the journal does not have, or has otherwise."""
    fields = ("price", "quantity", "aggressor_side", "maker_order_id", "taker_order_id")
    return sum(
        trade_id not in witness.trades
        or any(seen[name] != getattr(witness.trades[trade_id], name) for name in fields)
        for trade_id, seen in reader.trades.items()
    )


def compare_books(reader: FeedReader, history: History, symbol: str) -> bool:
    """Whether the reader's book is the one that the journal leads to."""
    books = rebuild(history, history.sequence).export().books
    return any(
        (reader.update_id, *reader.levels()) == (book.last_update_id, book.bids, book.asks)
        for book in books
        if book.symbol == symbol
    )


def read_archived_sequence(database: Path) -> int:
    """How far the archive has come; 0 where it has not begun."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT sequence FROM archive_state").fetchone()
    except sqlite3.OperationalError:
        return 0
    return int(row[0]) if row else 0


def count_archive_differences(database: Path, witness: Witness, symbol: str) -> int:
    """Orders and trades that the archive has and the journal has not, or otherwise, or not once."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        orders = {
            str(order_id): (status, filled)
            for order_id, status, filled in connection.execute(_ORDERS)
        }
        trades = set(connection.execute(_TRADES, (symbol,)))
    expected = {(trade.trade_id, trade.price, trade.quantity) for trade in witness.trades.values()}
    differing = orders.items() ^ witness.states.items()
    return len({order_id for order_id, _ in differing}) + len(trades ^ expected)
