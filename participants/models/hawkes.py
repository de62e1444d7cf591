"""Hawkes flow: an event makes others of its kind, and of its side, more likely for a while.

Bacry, Mastromatteo and Muzy, "Hawkes processes in finance", Market Microstructure and Liquidity 1
(2015), with one exponential kernel; events are drawn by thinning, Ogata, "On Lewis' simulation
method for point processes", IEEE Transactions on Information Theory 27 (1981).
"""

from collections.abc import Iterator
from math import exp
from random import Random

from participants.models.own_book import (
    Canceling,
    Event,
    OwnBook,
    Parameters,
    Placing,
    Scale,
    Taking,
    open_evenly,
)

_KINDS = ("limit", "market", "cancel")


class Hawkes(Parameters, frozen=True, kw_only=True, tag="hawkes"):
    """Events of three kinds, by buyers and by sellers.

    `limit_rate`, `market_rate` and `cancel_rate` a second and side come by themselves. Each event
    leads to `self_excitation` others of its kind and side on average, and to `cross_excitation` of
    each other kind or side, most of them within 1 / `decay` seconds; over all six, that is below 1.
    Limit orders come at up to `reach` price steps behind the other side's best price; a side with
    twice as many orders as `reach` loses its worst for each.
    """

    limit_rate: float
    market_rate: float
    cancel_rate: float
    self_excitation: float
    cross_excitation: float
    decay: float
    reach: int

    def __post_init__(self) -> None:
        """Refuse a process that grows without bound."""
        if self.self_excitation + 5 * self.cross_excitation >= 1:
            raise ValueError("self_excitation + 5 * cross_excitation must be below 1")

    def start(self, scale: Scale, chance: Random) -> "HawkesProcess":
        """Return the process, which has a memory."""
        return HawkesProcess(self, scale, chance)


class HawkesProcess:
    """Excitations of six kinds: three of events, of buyers and of sellers."""

    def __init__(self, model: Hawkes, scale: Scale, chance: Random) -> None:
        self._model = model
        self._scale = scale
        self._chance = chance
        rates = (model.limit_rate, model.market_rate, model.cancel_rate)
        self._base = [rate for rate in rates for _ in range(2)]
        self._excited = [0.0] * len(self._base)

    def begin(self, book: OwnBook) -> Iterator[Event]:
        """Yield an opening book."""
        return open_evenly(book, self._scale, self._model.reach, self._chance)

    def step(self, book: OwnBook) -> Iterator[Event]:
        """Yield the events of a second."""
        for kind, is_buy in self.draw_kinds():
            match kind:
                case "limit":
                    yield from self._place(is_buy, book)
                case "market":
                    yield Taking(is_buy, self._scale.draw_size(self._chance))
                case _:
                    yield from self._cancel(is_buy, book)

    def draw_kinds(self, seconds: float = 1.0) -> Iterator[tuple[str, bool]]:
        """Yield what comes in so many seconds: the kind, and whether it is a buyer's."""
        passed = 0.0
        while True:
            bound = sum(self._base) + sum(self._excited)
            wait = self._chance.expovariate(bound)
            if passed + wait > seconds:
                self._fade(seconds - passed)
                return
            passed += wait
            self._fade(wait)
            rates = [base + more for base, more in zip(self._base, self._excited, strict=True)]
            if self._chance.random() * bound <= sum(rates):
                [kind] = self._chance.choices(range(len(rates)), rates)
                self._excite(kind)
                yield _KINDS[kind // 2], kind % 2 == 0

    def _fade(self, seconds: float) -> None:
        factor = exp(-self._model.decay * seconds)
        self._excited = [each * factor for each in self._excited]

    def _excite(self, kind: int) -> None:
        model = self._model
        for other in range(len(self._excited)):
            share = model.self_excitation if other == kind else model.cross_excitation
            self._excited[other] += share * model.decay

    def _place(self, is_buy: bool, book: OwnBook) -> Iterator[Event]:
        """Yield a limit order behind the other side's best price, nearer ones more often."""
        side = book.list_side(is_buy=is_buy)
        if len(side) >= 2 * self._model.reach:
            yield Canceling(side[-1].name)
        other = book.best(is_buy=not is_buy)
        base = book.last_price if other is None else other
        drawn = 1 + int(self._chance.expovariate(4 / self._model.reach))
        away = min(drawn, self._model.reach) * self._scale.step
        price = base - away if is_buy else base + away
        if price > 0:
            yield Placing(is_buy, price, self._scale.draw_size(self._chance))

    def _cancel(self, is_buy: bool, book: OwnBook) -> Iterator[Event]:
        """Yield a cancel of any order of a side, which keeps one."""
        side = book.list_side(is_buy=is_buy)
        if len(side) > 1:
            yield Canceling(self._chance.choice(side).name)
