"""What is traded, and the one place that converts decimals to ticks and lots and back.

A price is a whole number of ticks, a quantity a whole number of lots, a notional the exact
product of both. Outside they are decimal strings in the instrument's own precision.
"""

import re
import tomllib
from collections.abc import Iterable

import msgspec

from protocol.decimals import DECIMAL_RULE, Increment, format_scaled, is_decimal, scale
from protocol.enums import Reason
from protocol.refusal import Refusal
from protocol.shards import MAX_SHARDS

SYMBOL_PATTERN = r"^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$"
_SHARE_UNIT = 10**18
_AVERAGE_DECIMAL_PLACES = 8
MAX_STEPS = 10**12
"""The most ticks of a price and lots of a quantity that the core takes."""

_OUT_OF_RANGE = {
    Reason.OFF_TICK: Reason.PRICE_OUT_OF_RANGE,
    Reason.OFF_LOT: Reason.QUANTITY_OUT_OF_RANGE,
}
_is_symbol = re.compile(SYMBOL_PATTERN, re.ASCII).fullmatch


class InstrumentSpecification(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[instrument]]` table of instruments.toml; every value but `shard` a string."""

    symbol: str
    base_asset: str
    quote_asset: str
    tick_size: str
    lot_size: str
    min_quantity: str | None = None
    max_quantity: str | None = None
    min_notional: str | None = None
    max_notional: str | None = None
    price_band: str | None = None
    maker_fee: str | None = None
    taker_fee: str | None = None
    shard: int | msgspec.UnsetType = msgspec.UNSET


class Instrument:
    """A specification with its conversions; `index` is the symbol's number in the core.

    `price_band` is a share: "0.1" allows prices up to a tenth away from the last trade.
    """

    def __init__(self, specification: InstrumentSpecification, index: int) -> None:
        """Raise ValueError, which names the field, if a value is not usable."""
        if not _is_symbol(specification.symbol):
            raise ValueError(f"symbol {specification.symbol!r} does not look like BTC-USDT")
        self.specification = specification
        self.symbol = specification.symbol
        self.index = index
        self.listed_after = 0
        self.shard = _read_shard(specification)
        self.tick = Increment(specification.tick_size)
        self.lot = Increment(specification.lot_size)
        self.notional_decimal_places = self.tick.decimal_places + self.lot.decimal_places
        self._notional_unit = self.tick.unit * self.lot.unit
        self._average_unit = self.tick.unit * 10**_AVERAGE_DECIMAL_PLACES
        self._average_divisor = 10**self.tick.decimal_places
        self.no_notional = format_scaled(0, self.notional_decimal_places)
        self.min_quantity = self._read_lots("min_quantity", 1)
        self.max_quantity = self._read_lots("max_quantity", MAX_STEPS)
        self.min_notional = self._read_notional("min_notional")
        self.max_notional = self._read_notional("max_notional")
        self.band = self._read_share("price_band")

    def price_to_ticks(self, text: str, field: str = "price") -> int:
        """Return a price in ticks; raises Refusal with the nearest valid one if it is none."""
        return _to_steps(text, self.tick, field, 1, MAX_STEPS, Reason.OFF_TICK)

    def quantity_to_lots(self, text: str, field: str = "quantity") -> int:
        """Return a quantity in lots; raises Refusal with the nearest valid one if it is none."""
        return _to_steps(
            text, self.lot, field, self.min_quantity, self.max_quantity, Reason.OFF_LOT
        )

    def read_lots(self, text: str, field: str) -> int:
        """Return a part of a quantity in lots, which the limits are not for; raise Refusal."""
        return _to_steps(text, self.lot, field, 1, MAX_STEPS, Reason.OFF_LOT)

    def notional_to_steps(self, text: str) -> int:
        """Return a decimal amount in whole ticks * lots, what is finer left out."""
        return scale(text, 36) // self._find_notional_step()

    def ticks_to_price(self, ticks: int) -> str:
        """Return the decimal string of a price."""
        return self.tick.to_text(ticks)

    def lots_to_quantity(self, lots: int) -> str:
        """Return the decimal string of a quantity."""
        return self.lot.to_text(lots)

    def format_notional(self, notional: int) -> str:
        """Return the exact decimal string of `notional`, a sum of ticks * lots."""
        if not notional:
            return self.no_notional
        return format_scaled(notional * self._notional_unit, self.notional_decimal_places)

    def average_price(self, notional: int, lots: int) -> str | None:
        """Return notional / quantity, rounded half-even to 8 decimal places; None for 0 lots."""
        if lots == 0:
            return None
        average = divide_half_even(notional * self._average_unit, lots * self._average_divisor)
        return format_scaled(average, _AVERAGE_DECIMAL_PLACES)

    def check_lots(self, lots: int, text: str) -> None:
        """Raise Refusal if a quantity, sent as `text`, is outside the instrument's limits."""
        if not self.min_quantity <= lots <= self.max_quantity:
            self.quantity_to_lots(text)

    def check_notional(self, ticks: int, lots: int) -> None:
        """Raise Refusal if price * quantity is outside the instrument's limits."""
        low, high = self.min_notional, self.max_notional
        if low is None and high is None:
            return
        notional = ticks * lots
        if (low is not None and notional < low) or (high is not None and notional > high):
            raise Refusal(
                Reason.NOTIONAL_OUT_OF_RANGE,
                "quantity",
                f"price * quantity is {self.format_notional(notional)} {self._notional_rule()}",
            )

    def check_price_band(self, ticks: int, last_ticks: int) -> None:
        """Raise Refusal if a price is too far from the last trade's (0: no trade yet)."""
        if self.band is None or not last_ticks:
            return
        reach = last_ticks * self.band // _SHARE_UNIT
        low, high = max(1, last_ticks - reach), last_ticks + reach
        if not low <= ticks <= high:
            to_text = self.ticks_to_price
            raise Refusal(
                Reason.PRICE_OUT_OF_BAND,
                "price",
                f"price must be from {to_text(low)} to {to_text(high)}: at most"
                f" {self.specification.price_band} of the last trade's {to_text(last_ticks)} away",
                to_text(min(max(ticks, low), high)),
                self.tick.text,
            )

    def _notional_rule(self) -> str:
        specification = self.specification
        return (
            f"{specification.quote_asset}, allowed is {specification.min_notional or 'anything'}"
            f" to {specification.max_notional or 'anything'}"
        )

    def _read_lots(self, field: str, default: int) -> int:
        text = getattr(self.specification, field)
        if text is None:
            return default
        steps, remainder = self.lot.to_steps(text)
        if remainder or not 1 <= steps <= MAX_STEPS:
            raise ValueError(f"{field} {text!r} of {self.symbol} is not 1 to 10**12 whole lots")
        return steps

    def _read_share(self, field: str) -> int | None:
        """Return the share `field` in 10**-18."""
        text = getattr(self.specification, field)
        if text is None:
            return None
        if not is_decimal(text) or scale(text, 18) == 0:
            raise ValueError(f"{field} {text!r} of {self.symbol} is not a share such as 0.1")
        return scale(text, 18)

    def _read_notional(self, field: str) -> int | None:
        """Return the limit `field` in ticks * lots, rounded up."""
        text = getattr(self.specification, field)
        if text is None:
            return None
        if not is_decimal(text):
            raise ValueError(f"{field} {text!r} of {self.symbol} is not {DECIMAL_RULE}")
        return -(-scale(text, 36) // self._find_notional_step())

    def _find_notional_step(self) -> int:
        """Return a tick * a lot in 10**-36."""
        step: int = self.tick.unit * self.lot.unit * 10 ** (36 - self.notional_decimal_places)
        return step


def _read_shard(specification: InstrumentSpecification) -> int:
    shard = 1 if specification.shard is msgspec.UNSET else specification.shard
    if not 1 <= shard <= MAX_SHARDS:
        raise ValueError(f"shard {shard} of {specification.symbol} is not from 1 to {MAX_SHARDS}")
    return shard


def parse_instruments(text: str) -> dict[str, Instrument]:
    """Return the instruments of the TOML `text` by symbol, numbered in the file's order.

    Raises ValueError that names what is wrong.
    """
    try:
        tables = tomllib.loads(text).get("instrument", [])
        specifications = msgspec.convert(tables, list[InstrumentSpecification])
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ValueError(f"instruments file: {error}") from error
    instruments = number_instruments(specifications)
    if 1 not in list_shards(instruments.values()):
        raise ValueError("instruments file: no instrument has shard 1, where accounts open")
    return instruments


def list_shards(instruments: Iterable[Instrument]) -> list[int]:
    """List the shards that the instruments belong to, the first one first."""
    return sorted({instrument.shard for instrument in instruments})


def number_instruments(specifications: Iterable[InstrumentSpecification]) -> dict[str, Instrument]:
    """Return instruments by symbol; raises ValueError if there is none, or a symbol comes twice."""
    instruments: dict[str, Instrument] = {}
    for specification in specifications:
        if specification.symbol in instruments:
            raise ValueError(f"instrument {specification.symbol} is there twice")
        instruments[specification.symbol] = Instrument(specification, len(instruments))
    if not instruments:
        raise ValueError("no [[instrument]] table")
    return instruments


def divide_half_even(numerator: int, denominator: int) -> int:
    """Return the quotient as a whole number; a half goes to the even one."""
    quotient, remainder = divmod(numerator, denominator)
    doubled = 2 * remainder
    if doubled > denominator or (doubled == denominator and quotient % 2):
        return quotient + 1
    return quotient


def _to_steps(
    text: str, step: Increment, field: str, lowest: int, highest: int, off_grid: Reason
) -> int:
    short = step.read(text)
    if lowest <= short <= highest:
        return short
    try:
        steps, remainder = step.to_steps(text)
    except ValueError:
        raise Refusal(Reason.INVALID_DECIMAL, field, f"{field} must be {DECIMAL_RULE}") from None
    is_in_range = lowest <= steps <= highest
    if is_in_range and not remainder:
        return steps
    nearest = step.to_text(min(max(step.round_to_steps(text), lowest), highest))
    if is_in_range:
        detail = f"{field} must be a multiple of {step.text}"
        raise Refusal(off_grid, field, detail, nearest, step.text)
    detail = f"{field} must be from {step.to_text(lowest)} to {step.to_text(highest)}"
    raise Refusal(_OUT_OF_RANGE[off_grid], field, detail, nearest, step.text)


class InstrumentTable(msgspec.Struct, frozen=True):
    """The stored form of the instruments: what tick and lot the journal was written with.

    `listed_after`: symbol → the sequence after which it is traded; before, it was unknown.
    """

    instruments: list[InstrumentSpecification]
    listed_after: dict[str, int] = {}

    def to_instruments(self) -> list[Instrument]:
        """Return the instruments in order, numbered."""
        if not self.instruments:
            return []
        instruments = list(number_instruments(self.instruments).values())
        for instrument in instruments:
            instrument.listed_after = self.listed_after.get(instrument.symbol, 0)
        return instruments
