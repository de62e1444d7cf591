"""Read recorded order flow: commands, the trades each must produce, the book at some points.

One line each, in an `.xz` or a plain file. `N,id,B|S,price,quantity`: a limit order. `I,…`: as IOC.
`C,id`: cancel. `A,id,total_quantity`: amend down. `T,maker,taker,price,quantity`: a trade
that the command above must produce, in order. `R,row,n,ask1_price,ask1_quantity,bid1_price,…`: the
top n levels after it (`-1,0`: no such level). `#`: a comment. Ids are text.

The first line with numbers says what all of them are: if one of its numbers has a point, decimals
of an instrument; else whole numbers, ticks and lots or any other unit.
"""

import lzma
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from protocol.instrument import MAX_STEPS, Instrument
from protocol.refusal import Refusal

FORMS = {
    "N": ("id", "B or S", "price", "quantity"),
    "I": ("id", "B or S", "price", "quantity"),
    "C": ("id",),
    "A": ("id", "quantity"),
    "T": ("maker", "taker", "price", "quantity"),
}
_KINDS = (*FORMS, "R")
_NUMBERS_FROM = {"N": 2, "I": 2, "A": 1, "T": 2, "R": 2}
"""Which field is a line's first number."""
_ORDERS = ("N", "I")
_SIDES = ("B", "S")
_NO_LEVEL = "-1"
_WORDS = {
    "NEW": "N", "LIMIT": "N", "IOC": "I", "CANCEL": "C", "AMEND": "A", "TRADE": "T",
    "BUY": "B", "BID": "B", "SELL": "S", "ASK": "S",
}  # fmt: skip
"""What other files call it."""
_UNREADABLE = (UnicodeDecodeError, lzma.LZMAError, EOFError)

Level: TypeAlias = tuple[int, int]


class FileTrade(NamedTuple):
    """A trade as recorded."""

    maker: str
    taker: str
    price: int
    quantity: int


class FileBook(NamedTuple):
    """The best levels of both sides as recorded, best first; a side may have fewer than `depth`."""

    depth: int
    bids: list[Level]
    asks: list[Level]


@dataclass(slots=True)
class FileCommand:
    """One command with what was recorded after it, in ticks and lots.

    Fields that its kind does not have are 0.
    """

    kind: str
    order_id: str
    is_buy: bool = False
    price: int = 0
    quantity: int = 0
    trades: list[FileTrade] = field(default_factory=list)
    books: list[FileBook] = field(default_factory=list)


class BadLine(ValueError):
    """A line that cannot be read; the text names the field, what belongs there and what is near."""

    def __init__(self, name: str, rule: str, text: str, nearest: str | None = None) -> None:
        advice = "" if nearest is None else f"; nearest: {nearest}"
        super().__init__(f"{name} must be {rule}, not {text!r}{advice}")


@dataclass(frozen=True)
class WholeNumbers:
    """Numbers without a point, which are multiples of these."""

    tick_size: int = 1
    lot_size: int = 1

    def read_price(self, text: str) -> int:
        """Return a price in ticks; raise BadLine."""
        return self._read("price", text, self.tick_size)

    def read_quantity(self, text: str) -> int:
        """Return a quantity in lots; raise BadLine."""
        return self._read("quantity", text, self.lot_size)

    @staticmethod
    def _read(name: str, text: str, step: int) -> int:
        rule = "a whole number" if step == 1 else f"a multiple of {step}"
        if not text.isdecimal():
            raise BadLine(name, f"{rule}, without a point as the file's first numbers", text)
        value = int(text)
        steps, rest = divmod(value, step)
        if rest or not 1 <= steps <= MAX_STEPS:
            nearest = min(max((2 * value + step) // (2 * step), 1), MAX_STEPS) * step
            raise BadLine(name, f"{rule}, {step} to {MAX_STEPS * step}", text, str(nearest))
        return steps


class Decimals:
    """Decimals on the grid of an instrument."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument

    def read_price(self, text: str) -> int:
        """Return a price in ticks; raise BadLine."""
        tick = self._instrument.tick.text
        try:
            return self._instrument.price_to_ticks(text)
        except Refusal as refusal:
            rule = f"a decimal, a multiple of {self._instrument.symbol}'s {tick}"
            raise BadLine("price", rule, text, refusal.nearest) from None

    def read_quantity(self, text: str) -> int:
        """Return a quantity in lots, of any size: a trade's may be below the smallest order's."""
        lot = self._instrument.lot
        rule = f"a decimal, a multiple of {self._instrument.symbol}'s {lot.text}"
        try:
            lots, rest = lot.to_steps(text)
        except ValueError:
            raise BadLine("quantity", rule, text) from None
        if rest or not 1 <= lots <= MAX_STEPS:
            nearest = min(max(lot.round_to_steps(text), 1), MAX_STEPS)
            raise BadLine("quantity", rule, text, lot.to_text(nearest))
        return lots


Numbers: TypeAlias = WholeNumbers | Decimals


def read_commands(
    path: Path, instrument: Instrument | None = None, whole: WholeNumbers | None = None
) -> Iterator[FileCommand]:
    """Yield the file's commands, decimals as those of `instrument`.

    Raise ValueError, which names the file and the line that cannot be read, and OSError.
    """
    open_text = lzma.open if path.suffix == ".xz" else open
    try:
        with open_text(path, "rt", encoding="utf-8-sig") as lines:
            yield from parse_commands(lines, instrument, whole, str(path))
    except _UNREADABLE as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def parse_commands(
    lines: Iterable[str],
    instrument: Instrument | None = None,
    whole: WholeNumbers | None = None,
    name: str = "flow",
) -> Iterator[FileCommand]:
    """Yield the commands in these lines; raise ValueError for one that cannot be read."""
    reader = _Reader(instrument, whole or WholeNumbers())
    command: FileCommand | None = None
    for number, line in enumerate(lines, 1):
        kind, *fields = (text.strip() for text in line.split(","))
        if not kind or kind.startswith("#"):
            continue
        try:
            reader.decide(fields[_NUMBERS_FROM.get(kind, len(fields)) :])
            if kind in ("T", "R"):
                reader.add_result(command, kind, fields)
                continue
            following = reader.read_command(kind, fields)
        except ValueError as error:
            raise ValueError(f"{name}, line {number}: {error}") from error
        if command:
            yield command
        command = following
    if command:
        yield command


class _Reader:
    """Reads one line after the other; the first one with numbers says how they are read."""

    def __init__(self, instrument: Instrument | None, whole: WholeNumbers) -> None:
        self._instrument = instrument
        self._numbers: Numbers = whole
        self._is_decided = False

    def decide(self, numbers: Sequence[str]) -> None:
        """Say how numbers are read if these are the first; raise ValueError."""
        if self._is_decided or not numbers:
            return
        self._is_decided = True
        if any("." in text for text in numbers):
            if self._instrument is None:
                raise ValueError("the numbers are decimals: name their instrument with --symbol")
            self._numbers = Decimals(self._instrument)

    def read_command(self, kind: str, fields: Sequence[str]) -> FileCommand:
        """Read a line that is no result."""
        if kind not in _KINDS:
            rule = f"one of {' '.join(_KINDS)} or #"
            raise BadLine("the first field", rule, kind, _find_nearest(kind, _KINDS))
        _check_count(kind, fields, FORMS[kind])
        order_id = fields[0]
        if kind in _ORDERS:
            return self._read_order(kind, fields)
        if kind == "A":
            return FileCommand(kind, order_id, quantity=self._numbers.read_quantity(fields[1]))
        return FileCommand(kind, order_id)

    def add_result(self, command: FileCommand | None, kind: str, fields: Sequence[str]) -> None:
        """Read a trade or a row of the book, and add it to the command that led to it."""
        if command is None:
            raise ValueError(f"{kind} must come after the command that it is of")
        if kind == "T":
            _check_count(kind, fields, FORMS[kind])
            maker, taker, price, quantity = fields
            command.trades.append(FileTrade(maker, taker, *self._read_level(price, quantity)))
        else:
            command.books.append(self._read_book(fields))

    def _read_order(self, kind: str, fields: Sequence[str]) -> FileCommand:
        order_id, side, price, quantity = fields
        if side not in _SIDES:
            raise BadLine("the side", "B or S", side, _find_nearest(side, _SIDES))
        return FileCommand(kind, order_id, side == "B", *self._read_level(price, quantity))

    def _read_level(self, price: str, quantity: str) -> Level:
        return self._numbers.read_price(price), self._numbers.read_quantity(quantity)

    def _read_book(self, fields: Sequence[str]) -> FileBook:
        if len(fields) < 2 or not fields[1].isdecimal():
            raise BadLine("n", "the number of levels", ",".join(fields[1:2]))
        depth = int(fields[1])
        if len(fields) != 2 + 4 * depth:
            expected = f"ask and bid by turns, {4 * depth} numbers of {depth} levels"
            raise BadLine("the book", expected, ",".join(fields[2:]))
        pairs = list(zip(fields[2::2], fields[3::2], strict=True))
        asks, bids = (
            [self._read_level(*pair) for pair in side if pair[0] != _NO_LEVEL]
            for side in (pairs[::2], pairs[1::2])
        )
        return FileBook(depth, bids, asks)


def _find_nearest(text: str, words: Sequence[str]) -> str | None:
    nearest = _WORDS.get(text.upper(), text.upper())
    return nearest if nearest in words else None


def _check_count(kind: str, fields: Sequence[str], form: Sequence[str]) -> None:
    whole_line = ",".join((kind, *form))
    if len(fields) != len(form):
        raise BadLine("the line", whole_line, ",".join((kind, *fields)))
    if "" in fields:
        raise BadLine(form[fields.index("")], f"there, in {whole_line}", "")
