"""Prices, quantities and amounts as Binance writes them: with exactly 8 decimals."""

from binance_gateway.words.numbers import PLACES, ZERO
from protocol.decimals import Increment, format_scaled
from protocol.events import Level
from protocol.instrument import Instrument, divide_half_even

_PERCENT_PLACES = 3


class MarketTexts:
    """The texts of one instrument; tick and lot have at most 8 decimals together."""

    __slots__ = ("_lot_padding", "_lot_unit", "_notional_unit", "_tick_padding", "_tick_unit",
                 "lot", "symbol", "tick")  # fmt: skip

    def __init__(self, instrument: Instrument, name: str) -> None:
        self.symbol = name
        self.tick, self.lot = instrument.tick, instrument.lot
        self._tick_unit = _scale_unit(instrument.tick)
        self._lot_unit = _scale_unit(instrument.lot)
        self._notional_unit = self._tick_unit * self._lot_unit // 10**PLACES
        self._tick_padding = _find_padding(instrument.tick)
        self._lot_padding = _find_padding(instrument.lot)

    def price(self, ticks: int | None) -> str:
        """Write a price; None: there is none, zeros."""
        return format_scaled((ticks or 0) * self._tick_unit, PLACES)

    def quantity(self, lots: int) -> str:
        """Write a quantity."""
        return format_scaled(lots * self._lot_unit, PLACES)

    def notional(self, amount: int) -> str:
        """Write an amount of quote asset, given in ticks * lots."""
        return format_scaled(amount * self._notional_unit, PLACES)

    def average(self, notional: int, lots: int) -> str:
        """Write notional / quantity, rounded half-even; zeros for 0 lots."""
        if not lots:
            return ZERO
        return format_scaled(divide_half_even(notional * self._tick_unit, lots), PLACES)

    def multiply(self, price: str, quantity: str) -> str:
        """Write price * quantity of texts that the engine has written."""
        return self.notional(self.tick.to_steps(price)[0] * self.lot.to_steps(quantity)[0])

    def pad_price(self, text: str | None) -> str:
        """Write a price that the engine has written; None: zeros."""
        return ZERO if text is None else text + self._tick_padding

    def pad_quantity(self, text: str | None) -> str:
        """Write a quantity that the engine has written; None, or the "0" of a level: zeros."""
        return ZERO if text is None or text == "0" else text + self._lot_padding

    def pad_levels(self, levels: list[Level]) -> list[Level]:
        """Write levels that the engine has written."""
        return [(self.pad_price(price), self.pad_quantity(quantity)) for price, quantity in levels]


def format_change(change: int, texts: MarketTexts) -> str:
    """Write what a price has changed by, with a sign if it fell."""
    return f"-{texts.price(-change)}" if change < 0 else texts.price(change)


def format_percent(change: int, base: int) -> str:
    """Write `change` in percent of `base`, rounded half-even to 3 decimals; "0.000" for base 0."""
    scaled = abs(change) * 100 * 10**_PERCENT_PLACES
    share = divide_half_even(scaled, base) if base else 0
    text = format_scaled(share, _PERCENT_PLACES)
    return f"-{text}" if change < 0 and share else text


def _scale_unit(step: Increment) -> int:
    places: int = PLACES - step.decimal_places
    return int(step.unit * 10**places)


def _find_padding(step: Increment) -> str:
    zeros = "0" * (PLACES - step.decimal_places)
    return zeros if step.decimal_places else f".{zeros}"
