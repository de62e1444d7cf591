"""Decimal strings and whole steps: exact in both directions, no float anywhere."""

import re

DECIMAL_PATTERN = r"^\d{1,15}(\.\d{1,18})?$"
DECIMAL_RULE = (
    'a decimal string such as "60000.5": no sign, at most 15 digits before and 18 after the point'
)
_MAX_DECIMAL_PLACES = 18
_MAX_DIGITS = 18
"""Numbers of up to so many digits always fit into 64 bits."""

_matches = re.compile(DECIMAL_PATTERN, re.ASCII).fullmatch


class Increment:
    """The step of a price (tick) or of a quantity (lot), with the conversion to whole steps."""

    def __init__(self, text: str) -> None:
        """Take a positive decimal string; raises ValueError for anything else."""
        if not is_decimal(text):
            raise ValueError(f"{text!r} is not {DECIMAL_RULE}")
        fraction = text.partition(".")[2].rstrip("0")
        self.text = text
        self.decimal_places = len(fraction)
        self.unit = scale(text, self.decimal_places)
        if self.unit == 0:
            raise ValueError(f"{text!r} is not above zero")
        self._grid: int = self.unit * 10 ** (_MAX_DECIMAL_PLACES - self.decimal_places)
        self.is_power_of_ten = self.unit == 1
        self._zero_text = format_scaled(0, self.decimal_places)

    def to_steps(self, text: str) -> tuple[int, int]:
        """Return the whole steps in a decimal string, and the rest in 10**-18 (0: on the grid).

        Raises ValueError if the text does not have the form of a decimal.
        """
        steps = self.read(text)
        if steps >= 0:
            return steps, 0
        if not is_decimal(text):
            raise ValueError(text)
        return divmod(scale(text, _MAX_DECIMAL_PLACES), self._grid)

    def read(self, text: str) -> int:
        """Return the whole steps in a short text with this increment's decimal places, else -1."""
        whole, point, fraction = text.partition(".")
        if not self.is_power_of_ten or len(text) > _MAX_DIGITS or not 0 < len(whole) <= 15:
            return -1
        if len(fraction) != self.decimal_places or bool(point) != bool(self.decimal_places):
            return -1
        return read_digits(whole + fraction)

    def to_text(self, steps: int) -> str:
        """Return whole steps as a decimal string with this increment's number of decimal places.

        Raises ValueError for a number below 0.
        """
        if steps <= 0:
            return self._format_zero(steps)
        if self.is_power_of_ten:
            return format_scaled(steps, self.decimal_places)
        return format_scaled(steps * self.unit, self.decimal_places)

    def _format_zero(self, steps: int) -> str:
        if steps < 0:
            raise ValueError(f"{steps} steps")
        return self._zero_text

    def round_to_steps(self, text: str) -> int:
        """Return the number of whole steps nearest to the decimal string `text`; a half goes up."""
        return (2 * scale(text, _MAX_DECIMAL_PLACES) + self._grid) // (2 * self._grid)


def read_digits(text: str) -> int:
    """Return the number in `text` if that is 1 to 18 digits and nothing else, else -1."""
    if not 0 < len(text) <= _MAX_DIGITS:
        return -1
    return int(text) if text.isascii() and text.isdecimal() else -1


def is_decimal(text: str) -> bool:
    """Whether `text` has the form of a decimal on the wire."""
    return _matches(text) is not None


def format_scaled(value: int, decimal_places: int) -> str:
    """Return `value` / 10**decimal_places with that many places; `value` is not negative."""
    digits = str(value)
    if decimal_places == 0:
        return digits
    whole = len(digits) - decimal_places
    if whole <= 0:
        return "0." + "0" * -whole + digits
    return digits[:whole] + "." + digits[whole:]


def format_amount(value: int, decimal_places: int) -> str:
    """Return `value` / 10**decimal_places with that many places, of either sign."""
    text = format_scaled(abs(value), decimal_places)
    return f"-{text}" if value < 0 else text


def scale(text: str, decimal_places: int) -> int:
    """Return the decimal string `text` * 10**decimal_places, cut to a whole number."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction[:decimal_places].ljust(decimal_places, "0"))
