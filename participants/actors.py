"""What makers and takers do in a step, as a function of the reference price and their own state.

Arrivals of takers are Poisson, and sides and sizes of the noise ones are independent of the book,
as in Smith, Farmer, Gillemot and Krishnamurthy, "Statistical theory of the continuous double
auction", Quantitative Finance 3 (2003). How makers move their quotes against what they hold follows
Avellaneda and Stoikov, "High-frequency trading in a limit order book", Quantitative Finance 8
(2008), with the skew linear in the inventory.
"""

from collections.abc import Callable, Iterator
from math import exp
from random import Random
from typing import NamedTuple

from participants.reference import Reference


class Intent(NamedTuple):
    """An order in ticks and hundredths of the base asset; a price of 0 means at the market."""

    side: str
    price: int
    size: int


class Quoting(NamedTuple):
    """How a maker quotes: distances in ticks, `lean` in ticks for each unit of base held."""

    levels: int
    half_spread: float
    level_gap: float
    size: int
    lean: float
    storm: float


def make_ladder(
    quoting: Quoting, reference: Reference, inventory: float, chance: Random
) -> Iterator[Intent]:
    """Yield a maker's ladder, best prices first; in a storm it is twice as wide."""
    width = 2 if abs(reference.last_move) > quoting.storm else 1
    middle = reference.price - quoting.lean * inventory
    for level in range(quoting.levels):
        distance = width * (quoting.half_spread + level * quoting.level_gap)
        for side, way in (("buy", -1), ("sell", 1)):
            size = max(1, round(quoting.size * chance.uniform(0.5, 1.5)))
            yield Intent(side, max(1, round(middle + way * distance)), size)


def choose_noise(_reference: Reference, chance: Random) -> str:
    """Choose a side by chance."""
    return chance.choice(("buy", "sell"))


def choose_momentum(reference: Reference, _chance: Random) -> str:
    """Go with the trend."""
    return "buy" if reference.trend >= 0 else "sell"


def choose_reverting(reference: Reference, _chance: Random) -> str:
    """Go against how far the price has come."""
    return "sell" if reference.displacement >= 0 else "buy"


Choice = Callable[[Reference, Random], str]


def take(
    choose: Choice, rate: float, size: int, reference: Reference, chance: Random
) -> Iterator[Intent]:
    """Yield the orders of takers that arrive in a step."""
    for _ in range(draw_poisson(rate, chance)):
        drawn = max(1, round(size * chance.lognormvariate(0, 0.8)))
        yield Intent(choose(reference, chance), 0, min(drawn, 10 * size))


def draw_poisson(mean: float, chance: Random) -> int:
    """Draw how many arrive: Knuth, The Art of Computer Programming, volume 2, 3.4.1."""
    limit, product, count = exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
