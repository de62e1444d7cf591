"""Queue-reactive flow: what comes to a queue depends on how long it is.

Huang, Lehalle and Rosenbaum, "Simulating and analyzing order book data: the queue-reactive model",
Journal of the American Statistical Association 110 (2015): around a reference price there are
queues at fixed distances; limit orders, cancels and market orders come to each with intensities
that are functions of its length, counted in orders of average size. When a best queue is empty, the
reference price may move there.
"""

from collections.abc import Iterator
from random import Random
from typing import TypeAlias

from participants.models.own_book import (
    Canceling,
    Event,
    OwnBook,
    Parameters,
    Placing,
    Scale,
    Taking,
)

_Lengths: TypeAlias = dict[tuple[bool, int], int]
_Kind: TypeAlias = tuple[str, bool, int]
"""limit, cancel or market; whether of the bids' queue, and its price."""


class QueueReactive(Parameters, frozen=True, kw_only=True, tag="queue_reactive"):
    """Intensities a second by the length of a queue, from 0 on; the last one holds for all longer.

    `limit` and `cancel` are for each of `queues` a side, `market` for the best one that has orders.
    `move` is the chance, at each event, that the reference price follows while the queue beside it
    is empty.
    """

    limit: list[float]
    cancel: list[float]
    market: list[float]
    queues: int
    move: float

    def start(self, scale: Scale, chance: Random) -> "QueueReactiveProcess":
        """Return the process, which knows where the reference price is."""
        return QueueReactiveProcess(self, scale, chance)


class QueueReactiveProcess:
    """Queues around a reference price, half a price step above the best bid's queue."""

    def __init__(self, model: QueueReactive, scale: Scale, chance: Random) -> None:
        self._model = model
        self._scale = scale
        self._chance = chance
        self._best_bid = 0

    def begin(self, book: OwnBook) -> Iterator[Event]:
        """Yield an order for each queue."""
        self._best_bid = book.last_price
        for place in range(self._model.queues):
            for is_buy in (True, False):
                yield from self._place(is_buy, self._find_price(is_buy, place))

    def step(self, book: OwnBook) -> Iterator[Event]:
        """Yield the events of a second."""
        passed = 0.0
        while True:
            lengths = self._measure(book)
            self._follow(lengths)
            rates, kinds = self._list_kinds(lengths)
            passed += self._chance.expovariate(sum(rates)) if any(rates) else 1.0
            if passed > 1:
                return
            [(kind, is_buy, price)] = self._chance.choices(kinds, rates)
            match kind:
                case "limit":
                    yield from self._place(is_buy, price)
                case "market":
                    yield Taking(not is_buy, self._scale.draw_size(self._chance))
                case _:
                    yield from _cancel_newest(book, is_buy, price)

    def _find_price(self, is_buy: bool, place: int) -> int:
        step = self._scale.step
        return self._best_bid - place * step if is_buy else self._best_bid + (place + 1) * step

    def _list_kinds(self, lengths: _Lengths) -> tuple[list[float], list[_Kind]]:
        """Return the intensity of each event that there may be, and the events."""
        found: list[tuple[float, _Kind]] = []
        for is_buy in (True, False):
            prices = [self._find_price(is_buy, place) for place in range(self._model.queues)]
            best = next((price for price in prices if lengths.get((is_buy, price))), None)
            for price in prices:
                length = lengths.get((is_buy, price), 0)
                kinds = {"limit": self._model.limit, "cancel": self._model.cancel}
                if price == best:
                    kinds["market"] = self._model.market
                for kind, rates in kinds.items():
                    found.append((rates[min(length, len(rates) - 1)], (kind, is_buy, price)))
        return [rate for rate, _ in found], [kind for _, kind in found]

    def _place(self, is_buy: bool, price: int) -> Iterator[Event]:
        if price > 0:
            yield Placing(is_buy, price, self._scale.draw_size(self._chance))

    def _follow(self, lengths: _Lengths) -> None:
        """Move the reference price to where one best queue is empty, by chance."""
        bid_is_empty, ask_is_empty = (
            not lengths.get((is_buy, self._find_price(is_buy, 0))) for is_buy in (True, False)
        )
        if bid_is_empty != ask_is_empty and self._chance.random() < self._model.move:
            moved = self._best_bid + (-self._scale.step if bid_is_empty else self._scale.step)
            if moved > self._model.queues * self._scale.step:
                self._best_bid = moved

    def _measure(self, book: OwnBook) -> _Lengths:
        """Return the length of each queue, in orders of average size, rounded up."""
        lots: _Lengths = {}
        for order in book.orders.values():
            key = (order.is_buy, order.price)
            lots[key] = lots.get(key, 0) + order.quantity
        return {key: -(-quantity // self._scale.size) for key, quantity in lots.items()}


def _cancel_newest(book: OwnBook, is_buy: bool, price: int) -> Iterator[Event]:
    queue = [each for each in book.orders.values() if (each.is_buy, each.price) == (is_buy, price)]
    if queue:
        yield Canceling(queue[-1].name)
