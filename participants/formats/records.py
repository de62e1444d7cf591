"""What a recorded market tells, whatever the format: orders one by one, or levels and trades.

Prices are in ticks, quantities in lots.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from typing import NamedTuple, TypeAlias

from protocol.instrument import MAX_STEPS, Instrument


class Placed(NamedTuple):
    """An order came in; what of an IOC order did not trade at once is gone."""

    order_id: str
    is_buy: bool
    price: int
    quantity: int
    is_ioc: bool = False


class Resized(NamedTuple):
    """An order's total quantity became smaller."""

    order_id: str
    quantity: int


class Reduced(NamedTuple):
    """Some of an order was canceled."""

    order_id: str
    quantity: int


class Removed(NamedTuple):
    """An order was canceled."""

    order_id: str


class Executed(NamedTuple):
    """Somebody whom the record does not name took from a resting order, at the order's price."""

    order_id: str
    quantity: int


class Matched(NamedTuple):
    """What the order before led to: a trade of two orders that both are in the record."""

    maker: str
    taker: str
    price: int
    quantity: int


class LevelSet(NamedTuple):
    """A price level has this quantity now; 0: it is gone."""

    is_bid: bool
    price: int
    quantity: int


class Cleared(NamedTuple):
    """A whole book follows: levels that it does not have are gone."""


class Traded(NamedTuple):
    """A trade, without the orders that it was of."""

    is_buyer_taker: bool
    price: int
    quantity: int


OrderRecord: TypeAlias = Placed | Resized | Reduced | Removed | Executed | Matched
LevelRecord: TypeAlias = LevelSet | Cleared | Traded
Record: TypeAlias = OrderRecord | LevelRecord


class TimedRecord(NamedTuple):
    """A record with its time, in microseconds; None if the format has no times."""

    time: int | None
    record: Record


class Notices:
    """What a record has that cannot be replayed as it stands: counted by kind, never an error."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self._firsts: dict[str, str] = {}

    def add(self, kind: str, place: str = "") -> None:
        """Count one; the first of its kind is remembered by its `place`."""
        self.counts[kind] += 1
        self._firsts.setdefault(kind, place)

    def clear(self) -> None:
        """Forget all."""
        self.counts.clear()
        self._firsts.clear()

    def list(self) -> list[str]:
        """Return a line for each kind, in the order in which they came."""
        return [
            f"{kind}: {count:,}" + (f" (first: {self._firsts[kind]})" if self._firsts[kind] else "")
            for kind, count in self.counts.items()
        ]


class Grid:
    """Puts decimals on an instrument's grid: prices to the nearest tick, quantities down to lots.

    What had to be moved, or is too small or large, is noticed.
    """

    def __init__(self, instrument: Instrument, notices: Notices) -> None:
        self._tick = Decimal(instrument.tick.text)
        self._lot = Decimal(instrument.lot.text)
        self.instrument = instrument
        self.notices = notices

    def read_price(self, text: str | Decimal) -> int:
        """Return a price in ticks; raise ValueError if it is no decimal or outside the range."""
        exact = _read(text) / self._tick
        ticks = int(exact.to_integral_value(ROUND_HALF_UP))
        if not 1 <= ticks <= MAX_STEPS:
            raise ValueError(f"price must be from {self._tick} to {MAX_STEPS * self._tick}")
        if ticks != exact:
            self.notices.add(f"prices off the tick of {self._tick:f}", f"{text}")
        return ticks

    def read_quantity(self, text: str | Decimal) -> int:
        """Return a quantity in lots, 0 if it is below one; raise ValueError as `read_price`."""
        exact = _read(text) / self._lot
        lots = int(exact)
        if not 0 <= lots <= MAX_STEPS:
            raise ValueError(f"quantity must be from 0 to {MAX_STEPS * self._lot}")
        if lots != exact:
            self.notices.add(f"quantities off the lot of {self._lot:f}", f"{text}")
        return lots


def _read(text: str | Decimal) -> Decimal:
    try:
        number = Decimal(text)
    except DecimalException:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError(f"{text!r} is no number")
    return number


def put_in_order(records: Iterable[TimedRecord], notices: Notices) -> Iterator[TimedRecord]:
    """Yield the records; where time goes back, it stands, which is noticed."""
    last: int | None = None
    for time, record in records:
        if time is not None and last is not None and time < last:
            notices.add("times that go back", f"by {last - time} microseconds")
            yield TimedRecord(last, record)
        else:
            yield TimedRecord(time, record)
            last = time
