"""Zero-intelligence flow, the Santa Fe model: everything comes by chance, whatever the book.

Smith, Farmer, Gillemot and Krishnamurthy, "Statistical theory of the continuous double auction",
Quantitative Finance 3 (2003), 481-514: limit orders, market orders and cancels are independent
Poisson processes.
"""

from collections.abc import Iterator
from random import Random

from participants.actors import draw_poisson
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


class ZeroIntelligence(Parameters, frozen=True, kw_only=True, tag="zero_intelligence"):
    """Rates a second.

    `limit_rate` is for each price step and side, `market_rate` for a side, `cancel_rate` for an
    order. Limit orders come at up to `reach` price steps behind the other side's best price.
    """

    limit_rate: float
    market_rate: float
    cancel_rate: float
    reach: int

    def start(self, scale: Scale, chance: Random) -> "ZeroIntelligenceProcess":
        """Return the process."""
        return ZeroIntelligenceProcess(self, scale, chance)


class ZeroIntelligenceProcess:
    """Independent Poisson processes."""

    def __init__(self, model: ZeroIntelligence, scale: Scale, chance: Random) -> None:
        self._model = model
        self._scale = scale
        self._chance = chance

    def begin(self, book: OwnBook) -> Iterator[Event]:
        """Yield an opening book."""
        return open_evenly(book, self._scale, self._model.reach, self._chance)

    def step(self, book: OwnBook) -> Iterator[Event]:
        """Yield the events of a second, in an order by chance."""
        model, chance = self._model, self._chance
        kinds = [
            kind
            for kind, mean in (
                (self._place, model.limit_rate * 2 * model.reach),
                (self._take, model.market_rate * 2),
                (self._cancel, model.cancel_rate * len(book.orders)),
            )
            for _ in range(draw_poisson(mean, chance))
        ]
        chance.shuffle(kinds)
        for kind in kinds:
            yield from kind(book)

    def _place(self, book: OwnBook) -> Iterator[Event]:
        is_buy = self._chance.random() < 0.5
        other = book.best(is_buy=not is_buy)
        base = book.last_price if other is None else other
        away = self._chance.randint(1, self._model.reach) * self._scale.step
        price = base - away if is_buy else base + away
        if price > 0:
            yield Placing(is_buy, price, self._scale.draw_size(self._chance))

    def _take(self, _book: OwnBook) -> Iterator[Event]:
        yield Taking(self._chance.random() < 0.5, self._scale.draw_size(self._chance))

    def _cancel(self, book: OwnBook) -> Iterator[Event]:
        if book.orders:
            yield Canceling(self._chance.choice(list(book.orders)))
