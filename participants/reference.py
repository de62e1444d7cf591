"""The price that the makers believe in: a walk, or the path of a record."""

from collections.abc import Iterable, Iterator
from random import Random

from participants.formats.records import Matched, TimedRecord, Traded


class Reference:
    """A price in ticks, above 0, and how it got there; `walk` yields the price of each step."""

    def __init__(self, start: int, walk: Iterator[int]) -> None:
        self._start = start
        self._walk = walk
        self._moves = [0]
        self.price = start

    def step(self) -> None:
        """Go on by one step; at the end of the walk it stands."""
        before = self.price
        self.price = next(self._walk, before)
        self._moves = [*self._moves[-9:], self.price - before]

    @property
    def last_move(self) -> int:
        """The last step, in ticks."""
        return self._moves[-1]

    @property
    def trend(self) -> int:
        """What the last ten steps come to, in ticks."""
        return sum(self._moves)

    @property
    def displacement(self) -> int:
        """How far it is above where it began, in ticks."""
        return self.price - self._start


def walk_back(start: int, volatility: float, reversion: float, chance: Random) -> Iterator[int]:
    """Yield a walk that is drawn back to where it began: without `reversion` a random walk.

    A discrete Ornstein-Uhlenbeck process: Uhlenbeck and Ornstein, "On the Theory of the Brownian
    Motion", Physical Review 36 (1930). `volatility` is the standard deviation of a step, in ticks.
    """
    price = start
    while True:
        pull = reversion * (start - price)
        price = max(1, price + round(chance.gauss(pull, volatility)))
        yield price


def follow_trades(records: Iterable[tuple[float, TimedRecord]]) -> Iterator[int]:
    """Yield the last traded price at the end of each second, from the first trade on."""
    price: int | None = None
    due = 0.0
    for seconds, timed in records:
        while price is not None and seconds >= due:
            yield price
            due += 1
        record = timed.record
        if isinstance(record, Traded | Matched):
            due = seconds + 1 if price is None else due
            price = record.price
    if price is not None:
        yield price
