"""The symbol and the price at which the orders of `check` meet nobody else's."""

from dataclasses import dataclass
from typing import Any

import httpx

from launcher.check.free_price import choose_free_price, suggest_starting_price
from launcher.check.target import CHECK_SECONDS, CheckFailed, Target, describe, require
from protocol.instrument import Instrument
from protocol.refusal import Refusal


@dataclass(frozen=True)
class Spot:
    """A symbol and a price at which two orders of ours meet nobody else's; amounts are text.

    A buy order rests at `far_price`: half of `price`, or as far as the instrument's band goes.
    """

    symbol: str
    quantity: str
    price: str
    far_price: str


async def find_spot(target: Target) -> Spot:
    """Find the first instrument with room inside its spread; raise CheckFailed if none has any."""
    async with httpx.AsyncClient(
        base_url=target.market_data_url, timeout=CHECK_SECONDS, trust_env=False
    ) as client:
        for instrument in target.instruments:
            bbo = await _read(client, f"/v1/bbo/{instrument.symbol}")
            ticker = await _read(client, f"/v1/ticker/{instrument.symbol}")
            spot = choose_spot(instrument, bbo["bid"], bbo["ask"], ticker["last"])
            if spot is not None:
                return spot
    raise CheckFailed("no book has room for a trade of our own; try when there is a wider spread")


async def _read(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(path)
    require(answer.status_code == 200, f"GET {path}: {describe(answer)}")
    fields: dict[str, Any] = answer.json()
    return fields


def choose_spot(
    instrument: Instrument, bid: str | None, ask: str | None, last: str | None
) -> Spot | None:
    """Choose a price inside the spread, near the last trade's; None: no room."""
    bid_ticks, ask_ticks, last_ticks = (
        None if price is None else _to_ticks(instrument, price) for price in (bid, ask, last)
    )
    starting = _to_ticks(instrument, suggest_starting_price(instrument.specification.base_asset))
    ticks = choose_free_price(bid_ticks, ask_ticks, last_ticks, starting)
    if ticks is None:
        return None
    far_ticks = _move_into_band(instrument, max(1, ticks // 2), last_ticks)
    lots = choose_lots(instrument, far_ticks)
    return Spot(
        symbol=instrument.symbol,
        quantity=instrument.lot.to_text(lots),
        price=instrument.tick.to_text(ticks),
        far_price=instrument.tick.to_text(far_ticks),
    )


def _move_into_band(instrument: Instrument, ticks: int, last_ticks: int | None) -> int:
    try:
        instrument.check_price_band(ticks, last_ticks or 0)
    except Refusal as refusal:
        return ticks if refusal.nearest is None else _to_ticks(instrument, refusal.nearest)
    return ticks


def choose_lots(instrument: Instrument, ticks: int) -> int:
    """Return the smallest quantity that an order at `ticks` may have."""
    notional = instrument.min_notional or 0
    return max(instrument.min_quantity, -(-notional // ticks))


def _to_ticks(instrument: Instrument, price: str) -> int:
    return instrument.tick.to_steps(price)[0]
