"""LOBSTER's message file, and the orders that were there before from the first row of its book.

Fields of a message: seconds since midnight, type, order id, size, price in 1/10000, and 1 for a buy
or -1 for a sell order. Of the book: price and size of ask and bid by turns, level by level
(lobsterdata.com, "Data structure").
"""

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from participants.formats.lines import read_rows
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
_NO_LEVEL = 9_999_999_999
"""What stands for a price where a side has no more levels, negative for bids."""
_NEW, _EXECUTED = 1, 4
_OTHER = {5: "executions of hidden orders", 6: "auction trades", 7: "halts"}


class _Message(NamedTuple):
    time: int
    kind: int
    order_id: str
    size: int
    price: int
    is_buy: bool


def read_lobster(path: Path, grid: Grid, book: Path | None = None) -> Iterator[TimedRecord]:
    """Yield the records of a message file; orders from before it are those of `book`.

    Of a level in `book` one order stands for all that were there.
    """
    messages = _read_messages(path, grid)
    first = next(messages, None)
    if first is None:
        return
    placed: set[str] = set()
    early: set[str] = set()
    for order in _read_early_orders(book, first, grid) if book else ():
        early.add(order.order_id)
        yield TimedRecord(first.time, order)
    for message in chain((first,), messages):
        yield from _convert(message, placed, early, grid)


def _convert(
    message: _Message, placed: set[str], early: set[str], grid: Grid
) -> Iterator[TimedRecord]:
    if message.kind in _OTHER:
        grid.notices.add(_OTHER[message.kind])
        return
    if message.kind == _NEW:
        placed.add(message.order_id)
    order_id, is_early = message.order_id, False
    if order_id not in placed:
        name = _name_level(message.is_buy, message.price)
        is_early = name in early
        order_id = name if is_early else order_id
    size = grid.read_quantity(Decimal(message.size))
    record: Record
    match message.kind:
        case 1:
            price = grid.read_price(message.price * _PRICE_UNIT)
            record = Placed(order_id, message.is_buy, price, size)
        case 2:
            record = Reduced(order_id, size)
        case 3:
            record = Reduced(order_id, size) if is_early else Removed(order_id)
        case _:
            record = Executed(order_id, size)
    yield TimedRecord(message.time, record)


def _read_messages(path: Path, grid: Grid) -> Iterator[_Message]:
    for number, fields in read_rows(path):
        try:
            time, kind, order_id, size, price, direction = fields[:6]
            message: _Message | None = _Message(
                int(Decimal(time) * 1_000_000), int(kind), order_id, int(size), int(price),
                int(direction) > 0,
            )  # fmt: skip
        except (ValueError, ArithmeticError):
            message = None
        if message is None or not _NEW <= message.kind <= max(_OTHER):
            grid.notices.add("lines that cannot be read", f"line {number}")
        else:
            yield message


def _read_early_orders(book: Path, first: _Message, grid: Grid) -> Iterator[Placed]:
    """Yield an order for each level as it was before the first message, which the row is after."""
    _, fields = next(read_rows(book))
    numbers = [int(field) for field in fields]
    levels = {
        (at % 4 == 2, numbers[at]): numbers[at + 1]
        for at in range(0, len(numbers) - 1, 2)
        if abs(numbers[at]) != _NO_LEVEL
    }
    key = (first.is_buy, first.price)
    if first.kind == _NEW:
        levels[key] = levels.get(key, 0) - first.size
    elif first.kind <= _EXECUTED:
        levels[key] = levels.get(key, 0) + first.size
    for (is_buy, price), size in levels.items():
        if size > 0:
            name = _name_level(is_buy, price)
            ticks = grid.read_price(price * _PRICE_UNIT)
            yield Placed(name, is_buy, ticks, grid.read_quantity(Decimal(size)))


def _name_level(is_buy: bool, price: int) -> str:
    return f"early-{'buy' if is_buy else 'sell'}-{price}"
