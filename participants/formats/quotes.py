"""A book for a record that has trades alone."""

from collections.abc import Iterator

from participants.formats.records import LevelSet, Record, Traded


class Quotes:
    """Shows each trade's price and quantity as the level that it took from, until the next one.

    So the best bid is where somebody last sold, the best ask where somebody last bought, and a
    side that a new price crosses is gone.
    """

    def __init__(self) -> None:
        self._prices: dict[bool, int] = {}

    def show(self, is_buyer_taker: bool, price: int, quantity: int) -> Iterator[Record]:
        """Yield the levels that change, and the trade."""
        is_bid = not is_buyer_taker
        before, other = self._prices.get(is_bid), self._prices.get(is_buyer_taker)
        if other is not None and (price >= other if is_bid else price <= other):
            yield LevelSet(is_buyer_taker, other, 0)
            del self._prices[is_buyer_taker]
        if before is not None and before != price:
            yield LevelSet(is_bid, before, 0)
        self._prices[is_bid] = price
        yield LevelSet(is_bid, price, quantity)
        yield Traded(is_buyer_taker, price, quantity)
