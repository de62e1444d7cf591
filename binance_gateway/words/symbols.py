"""Symbols: our `BTC-USDT` is `BTCUSDT` here."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from binance_gateway.words import errors
from binance_gateway.words.numbers import PLACES, to_units
from protocol.instrument import Instrument

_MAX_REMEMBERED = 1_000
_is_symbol = lru_cache(_MAX_REMEMBERED)(re.compile(r"^[A-Z0-9-_.]{1,20}$", re.ASCII).fullmatch)
SYMBOL_RANGE = r"^[A-Z0-9-_.]{1,20}$"


class Symbol:
    """An instrument under its name here; `tick` and `lot` in 10^-8."""

    def __init__(self, name: str, instrument: Instrument) -> None:
        self.name = name
        self.instrument = instrument
        self.base = instrument.specification.base_asset
        self.quote = instrument.specification.quote_asset
        self.tick = to_units(instrument.specification.tick_size)
        self.lot = to_units(instrument.specification.lot_size)


class Symbols:
    """What is offered here: instruments whose prices times quantities are exact in 8 decimals.

    Raise ValueError if two of them would have the same name.
    """

    def __init__(self, instruments: Mapping[str, Instrument]) -> None:
        self._by_name: dict[str, Symbol] = {}
        self._by_native: dict[str, Symbol] = {}
        for native, instrument in instruments.items():
            name = native.replace("-", "")
            if instrument.notional_decimal_places > PLACES or not _is_symbol(name):
                continue
            if name in self._by_name:
                other = self._by_name[name].instrument.symbol
                raise ValueError(
                    f"{native} and {other} would both be {name} at the Binance gateway: rename one"
                    " of them, or set BINANCE=off"
                )
            self._by_name[name] = self._by_native[native] = Symbol(name, instrument)

    def __iter__(self) -> Iterator[Symbol]:
        return iter(self._by_name.values())

    def find(self, name: str) -> Symbol:
        """Return the symbol that a client names; raise BinanceError if there is none."""
        symbol = self._by_name.get(name)
        if symbol is None:
            raise errors.INVALID_SYMBOL()
        return symbol

    def find_native(self, native: str) -> Symbol | None:
        """Return the symbol of an instrument; None if it is not offered here."""
        return self._by_native.get(native)


def read_symbol(name: str, text: str) -> str:
    """Return the symbol's name if it can be one; raise BinanceError."""
    if not _is_symbol(text):
        raise errors.ILLEGAL_CHARACTERS(name, SYMBOL_RANGE)
    return text
