"""Numbers as Binance writes and reads them: amounts are whole numbers of 10^-8 in between."""

import re

from msgspec import UnsetType

from binance_gateway.words import errors

PLACES = 8
UNIT: int = 10**PLACES
ZERO = "0.00000000"
DECIMAL_RANGE = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
INTEGER_RANGE = r"^[0-9]{1,20}$"
MAX_INTEGER = 2**63 - 1

_is_decimal = re.compile(DECIMAL_RANGE, re.ASCII).fullmatch
_ZEROS = "0" * PLACES
_is_integer = re.compile(INTEGER_RANGE, re.ASCII).fullmatch


def read_amount(name: str, text: str) -> int:
    """Return the amount of the parameter `name` in 10^-8; raise BinanceError."""
    if not _is_decimal(text):
        raise errors.ILLEGAL_CHARACTERS(name, DECIMAL_RANGE)
    whole, _, fraction = text.partition(".")
    if len(fraction) > PLACES:
        fraction = fraction.rstrip("0")
        if len(fraction) > PLACES:
            raise errors.TOO_MUCH_PRECISION(name)
    return int(whole + fraction + _ZEROS[len(fraction) :])


def read_integer(name: str, text: str) -> int:
    """Return the whole number of the parameter `name`; raise BinanceError."""
    if not _is_integer(text):
        raise errors.ILLEGAL_CHARACTERS(name, INTEGER_RANGE)
    number = int(text)
    if number > MAX_INTEGER:
        raise errors.OVERFLOWED(name)
    return number


def format_amount(units: int) -> str:
    """Return `units` of 10^-8 with 8 decimals."""
    sign = "-" if units < 0 else ""
    whole, fraction = divmod(abs(units), UNIT)
    return f"{sign}{whole}.{fraction:08d}"


def pad(text: str) -> str:
    """Return a decimal of ours, which has at most 8 decimals, with exactly 8."""
    point = text.find(".")
    if point < 0:
        return f"{text}.{_ZEROS}"
    return text + _ZEROS[len(text) - point - 1 :]


def pad_or_zero(text: str | UnsetType | None) -> str:
    """Return a decimal of ours with exactly 8 decimals; zero where there is none."""
    return pad(text) if isinstance(text, str) else ZERO


def to_units(text: str) -> int:
    """Return a decimal of ours in 10^-8; what is below that is cut off."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction[:PLACES] + _ZEROS[len(fraction) :])


def multiply(price: int, quantity: int) -> int:
    """Return price * quantity in 10^-8, in which it is exact for what is offered here."""
    return price * quantity // UNIT


def to_text(units: int) -> str:
    """Return `units` of 10^-8 as a decimal of ours, without zeros at its end."""
    if units < 0:
        return f"-{to_text(-units)}"
    whole, fraction = divmod(units, UNIT)
    if not fraction:
        return str(whole)
    return f"{whole}.{fraction:08d}".rstrip("0")
