"""Compare the journal with what clients, feed readers and archive were told."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from benchmark.chaos.feed import FeedReader
from benchmark.chaos.told import Told
from benchmark.chaos.witness import Witness
from engine.audit.record import Record
from engine.audit.show import rebuild

_ORDERS = "SELECT order_id, status, filled_quantity FROM orders ORDER BY number"
_TRADES = "SELECT symbol, trade_id, price, quantity FROM trades"


def count_lost_orders(told: Told, witness: Witness) -> int:
    """Count orders that a client was told of and that journal or engine do not know."""
    lost = (told.order_ids - witness.states.keys()) | told.disowned
    return len(lost) + len(told.numbers - witness.numbers.keys())


def count_repeated_orders(told: Told, witness: Witness) -> int:
    """Count names for which the Binance gateway's clients got more than one order."""
    return sum(witness.accepted[name] > 1 for name in told.names)


def count_lost_changes(told: Told, witness: Witness) -> int:
    """Count acknowledged cancels, amends and timers that the journal does not have."""
    return (told.acknowledged - witness.changes).total()


def count_repeated_changes(told: Told, witness: Witness) -> int:
    """Count cancels, amends and timers that the journal has more often than clients asked."""
    clients = {change.account for change in told.asked}
    repeated = witness.changes - told.asked
    return sum(count for change, count in repeated.items() if change.account in clients)


def count_open_in_vain(told: Told, witness: Witness) -> int:
    """Count orders that are open although an acknowledged cancel came after them."""
    numbered = {witness.numbers.get(number, "") for number in told.closed_numbers}
    return sum(not witness.is_closed(order_id) for order_id in told.closed | numbered)


def count_invented_trades(reader: FeedReader, witness: Witness) -> int:
    """Count trades that the feed showed and the journal does not have, or has with other values."""
    fields = ("price", "quantity", "aggressor_side", "maker_order_id", "taker_order_id")
    trades = {trade_id: witness.trades.get((reader.symbol, trade_id)) for trade_id in reader.trades}
    return sum(
        trade is None
        or any(reader.trades[trade_id][name] != getattr(trade, name) for name in fields)
        for trade_id, trade in trades.items()
    )


def count_differing_books(readers: Iterable[FeedReader], history: Record) -> int:
    """Count readers whose book is not the one that the journal leads to."""
    books = {book.symbol: book for book in rebuild(history, history.sequence).export().books}
    return sum(
        (reader.update_id, *reader.levels())
        != (
            books[reader.symbol].last_update_id,
            books[reader.symbol].bids,
            books[reader.symbol].asks,
        )
        for reader in readers
    )


def read_archived_sequence(database: Path) -> int:
    """Return how far the archive has come; 0 if it has not begun."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            row = connection.execute("SELECT sequence FROM archive_state").fetchone()
    except sqlite3.OperationalError:
        return 0
    return int(row[0]) if row else 0


def count_archive_differences(database: Path, witness: Witness) -> int:
    """Count orders and trades that differ between archive and journal, or are there twice."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        orders = {
            str(order_id): (status, filled)
            for order_id, status, filled in connection.execute(_ORDERS)
        }
        trades = set(connection.execute(_TRADES))
    expected = {
        (trade.symbol, trade.trade_id, trade.price, trade.quantity)
        for trade in witness.trades.values()
    }
    differing = orders.items() ^ witness.states.items()
    return len({order_id for order_id, _ in differing}) + len(trades ^ expected)
