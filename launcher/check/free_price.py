"""A price at which orders of our own meet nobody else's, and that leaves the chart as it is."""

_STARTING_PRICES = {"BTC": "60000", "ETH": "3000", "SOL": "150"}
_OTHER_STARTING_PRICE = "100"


def suggest_starting_price(base_asset: str) -> str:
    """What one might cost where nothing is known yet, as on the trading page."""
    return _STARTING_PRICES.get(base_asset, _OTHER_STARTING_PRICE)


def choose_free_price(
    bid: int | None, ask: int | None, last: int | None, starting: int
) -> int | None:
    """As near to the last trade as there is room between bid and ask, all in ticks; None: no room.

    Before the first trade it is near bid or ask, in an empty book at `starting`.
    """
    lowest = 1 if bid is None else bid + 1
    wanted = next(price for price in (last, bid, ask, starting) if price is not None)
    price = max(lowest, wanted if ask is None else min(wanted, ask - 1))
    return price if ask is None or price < ask else None
