"""Read recorded order flow: commands, the trades each must produce, the book at some points.

One line each, in an `.xz` or a plain file. `N,id,B|S,price,quantity`: a limit order. `I,…`: as IOC.
`C,id`: cancel. `A,id,total_quantity`: amend down. `T,maker,taker,price,quantity`: a trade
that the command above must produce, in order. `R,row,n,ask1_price,ask1_quantity,bid1_price,…`: the
top n levels after it (`-1,0`: no such level). `#`: a comment. Ids are text, prices and quantities
integers in the file's own units.
"""

import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class FileTrade(NamedTuple):
    """A trade as recorded."""

    maker: str
    taker: str
    price: int
    quantity: int


class FileBook(NamedTuple):
    """The best levels of both sides as recorded, best first; a side may have fewer than `depth`."""

    depth: int
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]


@dataclass(slots=True)
class FileCommand:
    """One command with what was recorded after it; fields that its kind does not have are 0."""

    kind: str
    order_id: str
    is_buy: bool = False
    price: int = 0
    quantity: int = 0
    trades: list[FileTrade] = field(default_factory=list)
    books: list[FileBook] = field(default_factory=list)


def read_commands(path: Path) -> Iterator[FileCommand]:
    """Yield the file's commands; raises ValueError, which names the line that cannot be read."""
    with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as lines:
        yield from parse_commands(lines)


def parse_commands(lines: Iterable[str]) -> Iterator[FileCommand]:
    """Yield the commands in these lines; raises ValueError for a line that cannot be read."""
    command: FileCommand | None = None
    for number, line in enumerate(lines, 1):
        kind, *fields = line.strip().split(",")
        if not kind or kind.startswith("#"):
            continue
        try:
            if kind in ("T", "R"):
                _add_result(command, kind, fields)
                continue
            following = _parse_command(kind, fields)
        except (ValueError, IndexError) as error:
            raise ValueError(f"line {number} cannot be read: {line.strip()!r}") from error
        if command:
            yield command
        command = following
    if command:
        yield command


def _parse_command(kind: str, fields: list[str]) -> FileCommand:
    if kind in ("N", "I"):
        order_id, side, price, quantity = fields
        if side not in ("B", "S"):
            raise ValueError(side)
        return FileCommand(kind, order_id, side == "B", int(price), int(quantity))
    if kind == "C":
        (order_id,) = fields
        return FileCommand(kind, order_id)
    if kind == "A":
        order_id, quantity = fields
        return FileCommand(kind, order_id, quantity=int(quantity))
    raise ValueError(kind)


def _add_result(command: FileCommand | None, kind: str, fields: list[str]) -> None:
    if command is None:
        raise ValueError("a result before the first command")
    if kind == "T":
        maker, taker, price, quantity = fields
        command.trades.append(FileTrade(maker, taker, int(price), int(quantity)))
        return
    depth = int(fields[1])
    numbers = list(map(int, fields[2:]))
    levels = list(zip(numbers[::2], numbers[1::2], strict=True))
    if len(levels) != 2 * depth:
        raise ValueError("not two levels for each step of depth")
    asks, bids = (
        [level for level in side if level[0] != -1] for side in (levels[::2], levels[1::2])
    )
    command.books.append(FileBook(depth, bids, asks))
