"""The limits that only the engine can check, as the journal has them.

They come to the engine in a `configure` command, never from a setting directly, so that a replay
applies to each order the limits that it met the first time.
"""

from collections.abc import Iterable
from typing import Self

import msgspec

from protocol.instrument import Instrument, InstrumentSpecification

DEFAULT_MAX_OPEN_ORDERS = 100_000
DEFAULT_CLOSED_ORDERS = 100_000


class InstrumentLimits(msgspec.Struct, frozen=True, omit_defaults=True):
    """The limits of one instrument, decimal strings as in instruments.toml; None: no limit."""

    min_quantity: str | None = None
    max_quantity: str | None = None
    min_notional: str | None = None
    max_notional: str | None = None
    price_band: str | None = None

    @classmethod
    def of(cls, specification: InstrumentSpecification) -> Self:
        """Take the limits of `specification`."""
        return cls(*(getattr(specification, name) for name in cls.__struct_fields__))

    def apply(self, instrument: Instrument) -> Instrument:
        """Return `instrument` with these limits; raises ValueError if one is not usable."""
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        specification = msgspec.structs.replace(instrument.specification, **values)
        return Instrument(specification, instrument.index)


class TradingLimits(msgspec.Struct, frozen=True, omit_defaults=True):
    """All limits: those of an account and, by symbol, those of each instrument that has some."""

    max_open_orders: int = DEFAULT_MAX_OPEN_ORDERS
    instruments: dict[str, InstrumentLimits] = {}

    @classmethod
    def of(cls, max_open_orders: int, instruments: Iterable[Instrument]) -> Self:
        """Take the configured limits."""
        limits = {item.symbol: InstrumentLimits.of(item.specification) for item in instruments}
        return cls(
            max_open_orders,
            {symbol: some for symbol, some in limits.items() if some != InstrumentLimits()},
        )
