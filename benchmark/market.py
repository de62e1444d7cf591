"""Finds a place in a running market where test orders meet nobody but each other."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import httpx

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
        """The price so many ticks higher."""
        return f"{Decimal(self.price) + ticks * self.tick_size:f}"

    def in_lots(self, lots: int) -> str:
        """So many times the smallest quantity."""
        return f"{lots * Decimal(self.quantity):f}"


def find_spot(
    gateway: str,
    market_data: str,
    symbol: str,
    *,
    must_be_empty: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Spot:
    """A price strictly between bid and ask; raises LookupError where there is none."""
    instrument = _find_instrument(gateway, symbol, headers)
    tick = Decimal(instrument["tick_size"])
    bbo = httpx.get(f"{market_data}/v1/bbo/{symbol}").raise_for_status().json()
    bid = Decimal(bbo["bid"]) if bbo["bid"] else None
    ask = Decimal(bbo["ask"]) if bbo["ask"] else None
    if must_be_empty and (bid or ask):
        raise LookupError(NOT_EMPTY.format(symbol=symbol))
    price = _choose_price(bid, ask, tick)
    if price is None:
        raise LookupError(TOO_TIGHT.format(symbol=symbol))
    quantity = instrument.get("min_quantity") or instrument["lot_size"]
    return Spot(symbol, f"{price:f}", quantity, tick)


def _find_instrument(
    gateway: str, symbol: str, headers: Mapping[str, str] | None
) -> dict[str, Any]:
    answer = httpx.get(f"{gateway}/v1/instruments", headers=headers).raise_for_status()
    instruments: list[dict[str, Any]] = json.loads(answer.content)["instruments"]
    for instrument in instruments:
        if instrument["symbol"] == symbol:
            return instrument
    known = ", ".join(instrument["symbol"] for instrument in instruments)
    raise LookupError(f"no instrument {symbol}: choose one of {known}")


def _choose_price(bid: Decimal | None, ask: Decimal | None, tick: Decimal) -> Decimal | None:
    if bid is not None:
        price = bid + tick
    elif ask is not None:
        price = ask - tick
    else:
        price = tick * 100_000
    is_free = price > 0 and (ask is None or price < ask)
    return price if is_free else None
