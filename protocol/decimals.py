"""Decimal strings and whole steps: exact in both directions, no float anywhere.

Compiled where there is a compiler (`decimals.pxd` has the types): every price and quantity that
comes in or goes out passes here.
"""

import re

import cython

DECIMAL_PATTERN = r"^\d{1,15}(\.\d{1,18})?$"
DECIMAL_RULE = (
    'a decimal string such as "60000.5": no sign, at most 15 digits before and 18 after the point'
)
_FINEST = 18
_MOST_DIGITS = 18
"""So many always fit into 64 bits."""
_ZERO = ord("0")

_matches = re.compile(DECIMAL_PATTERN, re.ASCII).fullmatch


class Increment:
    """The step of a price (tick) or of a quantity (lot), and the conversion to whole steps."""

    def __init__(self, text: str) -> None:
        """`text`: a positive decimal string. Raises ValueError for anything else."""
        if not is_decimal(text):
            raise ValueError(f"{text!r} is not {DECIMAL_RULE}")
        fraction = text.partition(".")[2].rstrip("0")
        self.text = text
        self.places = len(fraction)
        self.unit = scale(text, self.places)
        if self.unit == 0:
            raise ValueError(f"{text!r} is not above zero")
        self._grid: int = self.unit * 10 ** (_FINEST - self.places)
        self.is_power_of_ten = self.unit == 1
        self._nothing = format_scaled(0, self.places)

    def to_steps(self, text: str) -> tuple[int, int]:
        """Whole steps in a decimal string, and what is left over in 10**-18 (0: on the grid).

        Raises ValueError where the text does not have the form of a decimal.
        """
        steps = self.read(text)
        if steps >= 0:
            return steps, 0
        if not is_decimal(text):
            raise ValueError(text)
        return divmod(scale(text, _FINEST), self._grid)

    def read(self, text: str) -> int:
        """Whole steps in a short text with just this increment's places; -1 for any other text."""
        length, places = len(text), self.places
        point = length - places - 1 if places else length
        if not self.is_power_of_ten or not 0 < point <= 15 or length > _MOST_DIGITS:
            return -1
        steps = 0
        for at in range(length):
            character = text[at]
            if at == point:
                if character != ".":
                    return -1
            elif "0" <= character <= "9":
                steps = steps * 10 + (ord(character) - _ZERO)
            else:
                return -1
        return steps

    def to_text(self, steps: int) -> str:
        """Whole steps as a decimal string with this increment's number of places.

        Raises ValueError for a number below 0.
        """
        if steps <= 0:
            return self._text_of_nothing(steps)
        if self.is_power_of_ten:
            return format_short(steps, self.places)
        return format_scaled(steps * self.unit, self.places)

    def _text_of_nothing(self, steps: int) -> str:
        if steps < 0:
            raise ValueError(f"{steps} steps")
        return self._nothing

    def round_to_steps(self, text: str) -> int:
        """The whole number of steps nearest to the decimal string `text`, a half rounding up."""
        return (2 * scale(text, _FINEST) + self._grid) // (2 * self._grid)


def read_digits(text: str) -> int:
    """The number that `text`, at most 18 digits and nothing else, is; -1 for any other text."""
    if not 0 < len(text) <= _MOST_DIGITS:
        return -1
    value = 0
    for character in text:
        if not "0" <= character <= "9":
            return -1
        value = value * 10 + (ord(character) - _ZERO)
    return value


def is_decimal(text: str) -> bool:
    """Whether `text` has the form of a decimal on the wire."""
    return _matches(text) is not None


def format_scaled(value: int, places: int) -> str:
    """`value` (not below 0) / 10**places as a decimal string with exactly that many places."""
    digits = str(value)
    if places == 0:
        return digits
    whole = len(digits) - places
    if whole <= 0:
        return "0." + "0" * -whole + digits
    return digits[:whole] + "." + digits[whole:]


if not cython.compiled:
    format_short = format_scaled


def scale(text: str, places: int) -> int:
    """The decimal string `text` * 10**places, cut to a whole number."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction[:places].ljust(places, "0"))
