"""NASDAQ's TotalView-ITCH 5.0, one stock of a file: messages behind two bytes of length each.

Numbers are big-endian; each message begins with its type, the stock's locate code, a tracking
number and nanoseconds since midnight (Nasdaq TotalView-ITCH 5.0 specification, section 1).
"""

import struct
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import IO

from participants.formats.lines import open_bytes
from participants.formats.records import (
    Executed,
    Grid,
    Placed,
    Record,
    Reduced,
    Removed,
    TimedRecord,
)

_PRICE_UNIT = Decimal("0.0001")
_LENGTH = struct.Struct(">H")
_HEAD = struct.Struct(">cHH6s")
_ADD = struct.Struct(">QcL8sL")
_EXECUTE = struct.Struct(">QL")
_REPLACE = struct.Struct(">QQLL")
_REFERENCE = struct.Struct(">Q")
_STOCK = slice(_HEAD.size, _HEAD.size + 8)
_OTHER = {
    b"P": "executions of hidden orders",
    b"Q": "auction trades",
    b"B": "broken trades",
    b"H": "trading states",
}


class _Order:
    """What of an order has to be known for later messages about it."""

    def __init__(self, is_buy: bool, shares: int) -> None:
        self.is_buy = is_buy
        self.shares = shares


class _Stock:
    """The records of one stock, message by message."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._orders: dict[int, _Order] = {}
        self._readers: dict[bytes, Callable[[bytes], Iterator[Record]]] = {
            b"A": self._add,
            b"F": self._add,
            b"E": self._execute,
            b"C": self._execute,
            b"X": self._reduce,
            b"D": self._remove,
            b"U": self._replace,
        }

    def read(self, kind: bytes, body: bytes) -> Iterator[Record]:
        """Yield what a message says; `body` is what is behind its head."""
        if kind in self._readers:
            yield from self._readers[kind](body)
        elif kind in _OTHER:
            self._grid.notices.add(_OTHER[kind])

    def _add(self, body: bytes) -> Iterator[Record]:
        reference, side, shares, _, price = _ADD.unpack_from(body)
        yield self._place(reference, side == b"B", shares, price)

    def _execute(self, body: bytes) -> Iterator[Record]:
        reference, shares = _EXECUTE.unpack_from(body)
        yield Executed(str(reference), self._grid.read_quantity(Decimal(shares)))
        self._take(reference, shares)

    def _reduce(self, body: bytes) -> Iterator[Record]:
        reference, shares = _EXECUTE.unpack_from(body)
        yield Reduced(str(reference), self._grid.read_quantity(Decimal(shares)))
        self._take(reference, shares)

    def _remove(self, body: bytes) -> Iterator[Record]:
        [reference] = _REFERENCE.unpack_from(body)
        self._orders.pop(reference, None)
        yield Removed(str(reference))

    def _replace(self, body: bytes) -> Iterator[Record]:
        before, reference, shares, price = _REPLACE.unpack_from(body)
        replaced = self._orders.pop(before, None)
        yield Removed(str(before))
        if replaced is not None:  # else not even its side is known
            yield self._place(reference, replaced.is_buy, shares, price)

    def _place(self, reference: int, is_buy: bool, shares: int, price: int) -> Placed:
        self._orders[reference] = _Order(is_buy, shares)
        ticks = self._grid.read_price(price * _PRICE_UNIT)
        lots = self._grid.read_quantity(Decimal(shares))
        return Placed(str(reference), is_buy, ticks, lots)

    def _take(self, reference: int, shares: int) -> None:
        order = self._orders.get(reference)
        if order is not None:
            order.shares -= shares
            if order.shares <= 0:
                del self._orders[reference]


def read_itch(path: Path, grid: Grid, stock: str | None) -> Iterator[TimedRecord]:
    """Yield the records of a stock; raise ValueError, with some that there are, without one."""
    if stock is None:
        names = ", ".join(_list_stocks(path))
        raise ValueError(f"{path} has many stocks: name one with --stock, such as {names}")
    wanted = stock.encode().ljust(8)
    orders, locate = _Stock(grid), -1
    for message in _read_messages(path, grid):
        kind, found, _, nanoseconds = _HEAD.unpack_from(message)
        if kind == b"R" and message[_STOCK] == wanted:
            locate = found
        elif found == locate:
            time = int.from_bytes(nanoseconds, "big") // 1000
            try:
                for record in orders.read(kind, message[_HEAD.size :]):
                    yield TimedRecord(time, record)
            except (struct.error, ValueError):
                grid.notices.add("messages that cannot be read", f"a {kind.decode('latin-1')}")


def _list_stocks(path: Path, count: int = 5) -> list[str]:
    with open_bytes(path) as content:
        messages = _split(content)
        stocks = (each[_STOCK].decode().strip() for each in messages if each[:1] == b"R")
        return [stock for stock, _ in zip(stocks, range(count), strict=False)]


def _read_messages(path: Path, grid: Grid) -> Iterator[bytes]:
    with open_bytes(path) as content:
        for message in _split(content):
            if len(message) < _HEAD.size:
                grid.notices.add("messages that cannot be read", "a short one")
            else:
                yield message


def _split(content: IO[bytes]) -> Iterator[bytes]:
    while len(head := content.read(_LENGTH.size)) == _LENGTH.size:
        [length] = _LENGTH.unpack(head)
        yield content.read(length)
