"""How far a replay has followed its record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from participants.replay.recorded_orders import Level


@dataclass
class Outcome:
    """Trades and levels of the record, and how many of them came out as they were.

    A side that cannot be compared, because the record does not tell it, is None. `with_others` is
    how many trades were with orders of anybody else.
    """

    trades: int
    trades_followed: int
    levels: int | None
    levels_followed: int
    with_others: int
    notices: list[str] = field(default_factory=list)

    def describe(self) -> Iterator[str]:
        """Yield lines for people."""
        yield _format_share("trades as recorded", self.trades_followed, self.trades)
        if self.levels is None:
            yield "book: the record tells no trades, and its orders cross: nothing to compare"
        else:
            yield _format_share("levels of the book as recorded", self.levels_followed, self.levels)
        yield f"trades with others: {self.with_others:,}"
        yield from self.notices


def count_equal(recorded: Mapping[Level, int], found: Mapping[Level, int]) -> tuple[int, int]:
    """Return how many levels there are on either side, and how many of them are equal."""
    levels = {level for book in (recorded, found) for level, quantity in book.items() if quantity}
    equal = sum(recorded.get(level, 0) == found.get(level, 0) for level in levels)
    return len(levels), equal


def is_crossed(levels: Mapping[Level, int]) -> bool:
    """Whether the best bid is at or above the best ask."""
    bids = [price for is_bid, price in levels if is_bid]
    asks = [price for is_bid, price in levels if not is_bid]
    return bool(bids and asks) and max(bids) >= min(asks)


def _format_share(what: str, part: int, whole: int) -> str:
    share = 100 * part / whole if whole else 100
    return f"{what}: {part:,} of {whole:,} ({share:.4g} %)"
