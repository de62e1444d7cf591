"""Where the orders of `check` may meet without anybody else's in the way."""

from dataclasses import dataclass

import httpx

from launcher.check_target import CHECK_SECONDS, CheckFailed, Target, describe, require
from protocol.instrument import Instrument

_LOWEST_PRICE_TICKS = 1
_LONELY_PRICE_TICKS = 1000


@dataclass(frozen=True)
class Spot:
    """Where two orders of ours meet and nobody else's is in the way: prices as text."""

    symbol: str
    quantity: str
    price: str
    far_price: str


async def find_spot(target: Target) -> Spot:
    """The first instrument with room inside its spread; raises CheckFailed where none has."""
    async with httpx.AsyncClient(base_url=target.market_data_url, timeout=CHECK_SECONDS) as client:
        for instrument in target.instruments:
            answer = await client.get(f"/v1/bbo/{instrument.symbol}")
            require(answer.status_code == 200, f"GET /v1/bbo/…: {describe(answer)}")
            spot = choose_spot(instrument, answer.json().get("bid"), answer.json().get("ask"))
            if spot is not None:
                return spot
    raise CheckFailed("no book has room for a trade of our own; try when there is a wider spread")


def choose_spot(instrument: Instrument, bid: str | None, ask: str | None) -> Spot | None:
    """A price one tick inside the best ask; None where that would meet the best bid."""
    lowest = _to_ticks(instrument, bid) if bid else _LOWEST_PRICE_TICKS
    ticks = _to_ticks(instrument, ask) - 1 if ask else lowest + _LONELY_PRICE_TICKS
    if ticks <= lowest:
        return None
    lots = choose_lots(instrument, _LOWEST_PRICE_TICKS)
    return Spot(
        symbol=instrument.symbol,
        quantity=instrument.lot.to_text(lots),
        price=instrument.tick.to_text(ticks),
        far_price=instrument.tick.to_text(_LOWEST_PRICE_TICKS),
    )


def choose_lots(instrument: Instrument, ticks: int) -> int:
    """The smallest quantity that an order at `ticks` may have."""
    notional = instrument.min_notional or 0
    return max(instrument.min_quantity, -(-notional // ticks))


def _to_ticks(instrument: Instrument, price: str) -> int:
    return instrument.tick.to_steps(price)[0]
