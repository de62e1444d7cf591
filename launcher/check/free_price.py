"""A price at which our orders meet nobody else's, near the last trade to spare the charts."""

_STARTING_PRICES = {"BTC": "60000", "ETH": "3000", "SOL": "150"}
_OTHER_STARTING_PRICE = "100"


def suggest_starting_price(base_asset: str) -> str:
    """Return what one unit might cost if nothing is known yet, as the trading page does."""
    return _STARTING_PRICES.get(base_asset, _OTHER_STARTING_PRICE)


def choose_free_price(
    bid: int | None, ask: int | None, last: int | None, starting: int
) -> int | None:
    """Return the price between bid and ask that is nearest to the last trade; None: no room.

    All prices are in ticks. Before the first trade it is near bid or ask, in an empty book at
    `starting`.
    """
    lowest = 1 if bid is None else bid + 1
    wanted = next(price for price in (last, bid, ask, starting) if price is not None)
    price = max(lowest, wanted if ask is None else min(wanted, ask - 1))
    return price if ask is None or price < ask else None
