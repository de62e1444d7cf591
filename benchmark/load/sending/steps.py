"""The steps of a load, made before anything is sent."""

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from benchmark.shared.market import Spot

NEW, AMEND, CANCEL = "new", "amend", "cancel"
PASSIVE_SHARE, CANCEL_SHARE, AMEND_SHARE = 0.50, 0.35, 0.05
"""The rest crosses the spread. The yardstick's mix is the same, with cancels for amends."""
_KINDS = ("limit", "ioc", "market")
_DEPTH_TICKS = 400
_SWEEP_TICKS = 30
_LOTS = 100


class Step(NamedTuple):
    """One command.

    `fields` are those of its JSON body; `target` is the number of the step that made the order
    which an amend or a cancel is about, else -1.
    """

    kind: str
    fields: dict[str, str]
    target: int = -1


def make_pairs(spots: Sequence[Spot], count: int) -> list[Step]:
    """Make a sell and a buy in turn, symbol after symbol: each order trades exactly once."""
    orders = [
        Step(NEW, _make_limit(spot, side, spot.price, spot.quantity))
        for spot in spots
        for side in ("sell", "buy")
    ]
    return [orders[number % len(orders)] for number in range(count // 2 * 2)]


def make_mix(spots: Sequence[Spot], count: int, seed: int = 1) -> list[Step]:
    """Make half passive orders, 40 % cancels and amends, and orders that cross the spread."""
    return list(_draw_mix(spots, count, random.Random(seed)))


def _draw_mix(spots: Sequence[Spot], count: int, chance: random.Random) -> Iterator[Step]:
    resting: list[int] = []
    for number in range(count):
        spot = chance.choice(spots)
        draw = chance.random()
        if draw < PASSIVE_SHARE or not resting:
            resting.append(number)
            yield Step(NEW, _draw_passive(spot, chance))
        elif draw < PASSIVE_SHARE + CANCEL_SHARE:
            at = chance.randrange(len(resting))
            resting[at], resting[-1] = resting[-1], resting[at]
            yield Step(CANCEL, {}, resting.pop())
        elif draw < PASSIVE_SHARE + CANCEL_SHARE + AMEND_SHARE:
            yield Step(AMEND, {"quantity": spot.in_lots(1)}, chance.choice(resting))
        else:
            yield Step(NEW, _draw_crossing(spot, chance))


def _draw_passive(spot: Spot, chance: random.Random) -> dict[str, str]:
    side = chance.choice(("buy", "sell"))
    distance = 1 + int(chance.expovariate(1) * _DEPTH_TICKS / 8) % _DEPTH_TICKS
    price = spot.move(-distance if side == "buy" else distance)
    return _make_limit(spot, side, price, spot.in_lots(chance.randint(2, _LOTS)))


def _draw_crossing(spot: Spot, chance: random.Random) -> dict[str, str]:
    side, kind = chance.choice(("buy", "sell")), chance.choice(_KINDS)
    price = spot.move(_SWEEP_TICKS if side == "buy" else -_SWEEP_TICKS)
    order = _make_limit(spot, side, price, spot.in_lots(chance.randint(1, _LOTS)))
    order["order_type"] = kind
    if kind == "market":
        del order["price"]
    return order


def _make_limit(spot: Spot, side: str, price: str, quantity: str) -> dict[str, str]:
    return {
        "symbol": spot.symbol,
        "side": side,
        "order_type": "limit",
        "price": price,
        "quantity": quantity,
    }
