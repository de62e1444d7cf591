"""Trades, aggregated trades and klines as Binance's archive has them (data.binance.vision).

A trade's line has its id first, price and quantity next, and its time just before `isBuyerMaker`,
in milliseconds, in spot files from 2025 on in microseconds. A kline has twelve fields, the first
seven of which are open time, open, high, low, close, volume and close time.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from participants.formats.lines import read_rows
from participants.formats.quotes import Quotes
from participants.formats.records import Grid, TimedRecord

_KLINE_FIELDS = 12
_BOOLEANS = {"true": True, "false": False}
_FIRST_MICROSECONDS = 10**15
_FIRST_MILLISECONDS = 10**12


def read_binance(path: Path, grid: Grid) -> Iterator[TimedRecord]:
    """Yield levels and trades; gaps between the ids of trades are noticed."""
    reader = _Reader(grid)
    for number, fields in read_rows(path):
        try:
            if len(fields) == _KLINE_FIELDS:
                records = list(reader.read_kline(fields))
            else:
                records = list(reader.read_trade(fields))
        except (ValueError, IndexError):
            if number > 1:  # the first line may be a header
                grid.notices.add("lines that cannot be read", f"line {number}")
        else:
            yield from records


class _Reader:
    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._quotes = Quotes()
        self._next_id: int | None = None

    def read_trade(self, fields: list[str]) -> Iterator[TimedRecord]:
        [at, *_] = [place for place, text in enumerate(fields) if text.lower() in _BOOLEANS]
        price, quantity = self._grid.read_price(fields[1]), self._grid.read_quantity(fields[2])
        time, is_buyer_maker = _read_time(fields[at - 1]), _BOOLEANS[fields[at].lower()]
        self._check_id(int(fields[0]))
        if quantity:
            for record in self._quotes.show(not is_buyer_maker, price, quantity):
                yield TimedRecord(time, record)

    def read_kline(self, fields: list[str]) -> Iterator[TimedRecord]:
        """Yield four trades of a quarter of the volume each: open, the extremes, close.

        The low comes before the high if it closed above its open. Nobody knows how it was.
        """
        opened, high, low, close = map(self._grid.read_price, fields[1:5])
        start, end = _read_time(fields[0]), _read_time(fields[6])
        quantity = self._grid.read_quantity(Decimal(fields[5]) / 4)
        extremes = (low, high) if close >= opened else (high, low)
        last = opened
        for number, price in enumerate((opened, *extremes, close)):
            if quantity:
                time = start + (end - start) * number // 3
                for record in self._quotes.show(price >= last, price, quantity):
                    yield TimedRecord(time, record)
            last = price

    def _check_id(self, trade_id: int) -> None:
        if self._next_id is not None and trade_id != self._next_id:
            self._grid.notices.add("gaps between trades", f"before trade {trade_id}")
        self._next_id = trade_id + 1


def _read_time(text: str) -> int:
    """Return microseconds since 1970."""
    time = int(text)
    if time >= _FIRST_MICROSECONDS:
        return time
    return time * 1000 if time >= _FIRST_MILLISECONDS else time * 1_000_000
