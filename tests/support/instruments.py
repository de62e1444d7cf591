"""Instruments for tests."""

from msgspec import UNSET, UnsetType

from protocol.instrument import Instrument, InstrumentSpecification


def make_instrument(
    symbol: str,
    tick_size: str,
    lot_size: str,
    index: int = 0,
    *,
    shard: int | UnsetType = UNSET,
    **limits: str,
) -> Instrument:
    """Make an instrument; its assets are the halves of the symbol."""
    base, quote = symbol.split("-")
    specification = InstrumentSpecification(
        symbol, base, quote, tick_size, lot_size, shard=shard, **limits
    )
    return Instrument(specification, index)


def make_instruments() -> list[Instrument]:
    """Make the three instruments of the shipped file."""
    return [
        make_instrument("BTC-USDT", "0.01", "0.00001", 0),
        make_instrument("ETH-USDT", "0.01", "0.0001", 1),
        make_instrument("SOL-USDT", "0.001", "0.001", 2),
    ]
