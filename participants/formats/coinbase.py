"""Coinbase's level 3 snapshot of a book: `GET /products/…/book?level=3`.

`bids` and `asks` are arrays of price, size and order id, the best first and, at one price, in the
order of their priority.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from participants.formats.lines import open_bytes
from participants.formats.records import Grid, Placed, TimedRecord


class _Snapshot(msgspec.Struct):
    bids: list[tuple[str, str, str]]
    asks: list[tuple[str, str, str]]


def read_coinbase(path: Path, grid: Grid) -> Iterator[TimedRecord]:
    """Yield each order of the snapshot; raise ValueError if it is none of level 3."""
    with open_bytes(path) as content:
        try:
            snapshot = msgspec.json.decode(content.read(), type=_Snapshot)
        except ValueError as error:
            raise ValueError(f"{path} is no level 3 snapshot of Coinbase's: {error}") from None
    for is_buy, side in ((True, snapshot.bids), (False, snapshot.asks)):
        for price, size, order_id in side:
            try:
                lots = grid.read_quantity(size)
                order = Placed(order_id, is_buy, grid.read_price(price), lots)
            except ValueError:
                grid.notices.add("orders that cannot be read", order_id)
            else:
                yield TimedRecord(0, order)
