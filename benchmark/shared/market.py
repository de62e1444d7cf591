"""Find a price in a running market at which test orders meet nobody but each other."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import httpx
import msgspec

from launcher.check.free_price import choose_free_price, suggest_starting_price
from protocol.instrument import Instrument, InstrumentSpecification

TOO_TIGHT = "no free price between bid and ask of {symbol}: choose another --symbol"
NOT_EMPTY = (
    "the book of {symbol} is not empty, and this flow trades with whatever is there: choose another"
    " --symbol, or --start a system of its own"
)


class Spot(NamedTuple):
    """A symbol, a price inside its spread, the smallest quantity, and the price increment."""

    symbol: str
    price: str
    quantity: str
    tick_size: Decimal

    def move(self, ticks: int) -> str:
        """Return the price that is so many ticks higher."""
        return f"{Decimal(self.price) + ticks * self.tick_size:f}"

    def in_lots(self, lots: int) -> str:
        """Return so many times the smallest quantity."""
        return f"{lots * Decimal(self.quantity):f}"


def find_spot(
    gateway: str,
    market_data: str,
    symbol: str,
    *,
    must_be_empty: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Spot:
    """Find a price strictly between bid and ask, as near to the last trade's as there is room.

    Raises LookupError if there is none.
    """
    instrument = find_instrument(gateway, symbol, headers)
    specification = instrument.specification
    tick = Decimal(specification.tick_size)
    bbo = httpx.get(f"{market_data}/v1/bbo/{symbol}").raise_for_status().json()
    if must_be_empty and (bbo["bid"] or bbo["ask"]):
        raise LookupError(NOT_EMPTY.format(symbol=symbol))
    ticker = httpx.get(f"{market_data}/v1/ticker/{symbol}").raise_for_status().json()
    bid, ask, last = (
        None if price is None else int(Decimal(price) / tick)
        for price in (bbo["bid"], bbo["ask"], ticker["last"])
    )
    starting = int(Decimal(suggest_starting_price(specification.base_asset)) / tick)
    ticks = choose_free_price(bid, ask, last, starting)
    if ticks is None:
        raise LookupError(TOO_TIGHT.format(symbol=symbol))
    quantity = specification.min_quantity or specification.lot_size
    return Spot(symbol, f"{ticks * tick:f}", quantity, tick)


def find_instrument(
    gateway: str, symbol: str, headers: Mapping[str, str] | None = None
) -> Instrument:
    """Return the instrument as the gateway knows it; raise LookupError if there is none."""
    answer = httpx.get(f"{gateway}/v1/instruments", headers=headers).raise_for_status()
    instruments: list[dict[str, Any]] = json.loads(answer.content)["instruments"]
    for found in instruments:
        if found["symbol"] == symbol:
            names = InstrumentSpecification.__struct_fields__
            fields = {name: found[name] for name in names if name in found}
            return Instrument(msgspec.convert(fields, InstrumentSpecification), 0)
    known = ", ".join(found["symbol"] for found in instruments)
    raise LookupError(f"no instrument {symbol}: choose one of {known}")
