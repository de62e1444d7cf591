"""Amounts of assets: decimal strings of any size and sign, and whole units."""

from protocol.decimals import format_scaled, scale
from protocol.instrument import divide_half_even


def to_units(text: str, decimals: int) -> int:
    """Return an amount with at most so many decimals in units of 10**-decimals."""
    units: int = scale(text.removeprefix("-"), decimals)
    return -units if text.startswith("-") else units


def to_text(units: int, decimals: int) -> str:
    """Return the decimal string of an amount, with all of the decimals."""
    text = format_scaled(abs(units), decimals)
    return f"-{text}" if units < 0 else text


def value(price: str, quantity: int, decimals: int, quote_decimals: int) -> int:
    """Return price * quantity (in units of 10**-decimals) in the quote's units, a half to even.

    Of what was traded it is exact: a lot at one tick is a whole number of units.
    """
    places = len(price.partition(".")[2])
    product = scale(price, places) * quantity * 10**quote_decimals
    return divide_half_even(product, 10 ** (places + decimals))
