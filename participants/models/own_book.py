"""The orders that a model has in the book, and what it does next."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import NamedTuple, Protocol, TypeAlias

import msgspec


class Placing(NamedTuple):
    """A limit order."""

    is_buy: bool
    price: int
    quantity: int


class Taking(NamedTuple):
    """A market order."""

    is_buy: bool
    quantity: int


class Canceling(NamedTuple):
    """A cancel."""

    name: str


Event: TypeAlias = Placing | Taking | Canceling


@dataclass(slots=True)
class OwnOrder:
    """An open order: price in ticks, what is left of it in lots."""

    name: str
    is_buy: bool
    price: int
    quantity: int


class OwnBook:
    """Open orders in the order of their priority, as they would be if nobody else traded."""

    def __init__(self, last_price: int) -> None:
        self.orders: dict[str, OwnOrder] = {}
        self.last_price = last_price
        """The middle, or the side that is left; at the beginning where the model begins."""

    def replace(self, orders: Iterator[OwnOrder]) -> None:
        """Take what the exchange says for what there is."""
        self.orders = {order.name: order for order in orders}
        self._remember()

    def best(self, *, is_buy: bool) -> int | None:
        """Return the best price of a side."""
        prices = [order.price for order in self.orders.values() if order.is_buy == is_buy]
        return (max if is_buy else min)(prices, default=None)

    def list_side(self, *, is_buy: bool) -> list[OwnOrder]:
        """Return a side's orders, the best price first, at one price the oldest."""
        side = [order for order in self.orders.values() if order.is_buy == is_buy]
        return sorted(side, key=lambda order: -order.price if is_buy else order.price)

    def apply(self, event: Event, name: str) -> None:
        """Do what an event says; `name` is that of the order that it places."""
        match event:
            case Placing(is_buy, price, quantity):
                rest = self._take(not is_buy, quantity, price)
                if rest:
                    self.orders[name] = OwnOrder(name, is_buy, price, rest)
            case Taking(is_buy, quantity):
                self._take(not is_buy, quantity, None)
            case Canceling(canceled):
                self.orders.pop(canceled, None)
        self._remember()

    def _take(self, is_buy: bool, quantity: int, limit: int | None) -> int:
        """Trade with a side, and return what is left."""
        for order in self.list_side(is_buy=is_buy):
            is_beyond = limit is not None and (
                order.price < limit if is_buy else order.price > limit
            )
            if not quantity or is_beyond:
                break
            traded = min(quantity, order.quantity)
            quantity -= traded
            order.quantity -= traded
            if not order.quantity:
                del self.orders[order.name]
        return quantity

    def _remember(self) -> None:
        prices = [
            price for is_buy in (True, False) if (price := self.best(is_buy=is_buy)) is not None
        ]
        self.last_price = sum(prices) // len(prices) if prices else self.last_price


class Parameters(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"
):
    """What each model has.

    `price_step` is in basis points of `start_price`, `size` the median of an order's quantity in
    hundredths of the base asset.
    """

    start_price: Decimal
    price_step: float
    size: int


class Scale(NamedTuple):
    """What prices and quantities of a model's parameters are in an instrument's ticks and lots."""

    step: int
    """One price step of the model."""
    size: int
    """One order of the model."""

    def draw_size(self, chance: Random) -> int:
        """Draw a quantity around that of an order, which is its median."""
        return max(1, round(self.size * min(chance.lognormvariate(0, 0.5), 5.0)))


class Process(Protocol):
    """Draws what happens, second by second; each event is done in the book before the next."""

    def begin(self, book: OwnBook) -> Iterator[Event]:
        """Yield the orders of an opening book."""

    def step(self, book: OwnBook) -> Iterator[Event]:
        """Yield the events of a second."""


def open_evenly(book: OwnBook, scale: Scale, levels: int, chance: Random) -> Iterator[Event]:
    """Yield an opening book: an order at each of the nearest price steps of both sides."""
    middle = book.last_price
    for level in range(1, levels + 1):
        for is_buy, way in ((True, -1), (False, 1)):
            price = middle + way * level * scale.step
            if price > 0:
                yield Placing(is_buy, price, scale.draw_size(chance))
