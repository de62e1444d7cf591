"""Filters: the rules of a symbol that an order must keep, in their order, with their names."""

from collections.abc import Iterator, Sequence

from binance_gateway.words import errors
from binance_gateway.words.numbers import UNIT, ZERO, format_amount, to_units
from binance_gateway.words.refusals import ICEBERG_TOO_LARGE
from binance_gateway.words.symbols import Symbol
from protocol.instrument import MAX_STEPS
from protocol.special_terms import MAX_PARTS

Filter = dict[str, object]

_LARGEST = 9_000_000_000 * UNIT
"""Of a price, a quantity and an amount: the largest that clients with 64 bits read."""
_DEFAULT_PLACES = 4
_MIN_TRAILING_DELTA, _MAX_TRAILING_DELTA = 10, 2_000
"""How far a stop price trails, above the market and below it, in basis points."""


class Filters:
    """The filters of one symbol; amounts in 10^-8. `others` are those that are not judged here."""

    def __init__(self, symbol: Symbol, others: Sequence[Filter] = ()) -> None:
        instrument = symbol.instrument
        self.tick, self.lot = symbol.tick, symbol.lot
        self.max_price = min(MAX_STEPS * self.tick, _LARGEST)
        self.min_quantity = instrument.min_quantity * self.lot
        self.max_quantity = min(instrument.max_quantity * self.lot, _LARGEST)
        specification = instrument.specification
        self.min_notional = _read_amount(specification.min_notional, 0)
        self.max_notional = min(_read_amount(specification.max_notional, _LARGEST), _LARGEST)
        self._band = specification.price_band
        self._others = others

    def check_price(self, price: int) -> None:
        """Raise BinanceError if a price, or a stop price, is not on the grid."""
        if price <= 0:
            raise errors.INVALID_PRICE()
        if not self.tick <= price <= self.max_price or price % self.tick:
            raise errors.FILTER_FAILURE("PRICE_FILTER")

    def check_quantity(self, quantity: int) -> None:
        """Raise BinanceError if a quantity is not on the grid."""
        if quantity <= 0:
            raise errors.INVALID_QUANTITY()
        if not self.min_quantity <= quantity <= self.max_quantity or quantity % self.lot:
            raise errors.FILTER_FAILURE("LOT_SIZE")

    def check_iceberg(self, shown: int, quantity: int) -> None:
        """Raise BinanceError if an order cannot show `shown` of its `quantity`."""
        self.check_quantity(shown)
        if shown >= quantity:
            raise errors.ORDER_REJECTED(ICEBERG_TOO_LARGE)
        if quantity > MAX_PARTS * shown:
            raise errors.FILTER_FAILURE("ICEBERG_PARTS")

    def check_amount(self, amount: int) -> None:
        """Raise BinanceError if an order cannot be for an amount of the quote asset."""
        if amount > self.max_notional:
            raise errors.FILTER_FAILURE("NOTIONAL")

    def check_notional(self, price: int, quantity: int) -> None:
        """Raise BinanceError if price * quantity is too little or too much."""
        if not self.min_notional * UNIT <= price * quantity <= self.max_notional * UNIT:
            raise errors.FILTER_FAILURE("NOTIONAL")

    def check_trailing(self, delta: int) -> None:
        """Raise BinanceError if a stop price cannot trail the market by `delta` basis points."""
        if not _MIN_TRAILING_DELTA <= delta <= _MAX_TRAILING_DELTA:
            raise errors.FILTER_FAILURE("TRAILING_DELTA")

    def describe(self) -> list[Filter]:
        """Return them as exchangeInfo has them."""
        return list(self._describe())

    def _describe(self) -> Iterator[Filter]:
        yield {
            "filterType": "PRICE_FILTER",
            "minPrice": format_amount(self.tick),
            "maxPrice": format_amount(self.max_price),
            "tickSize": format_amount(self.tick),
        }
        if self._band is not None:
            yield _describe_band(self._band)
        yield {
            "filterType": "LOT_SIZE",
            "minQty": format_amount(self.min_quantity),
            "maxQty": format_amount(self.max_quantity),
            "stepSize": format_amount(self.lot),
        }
        yield {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": ZERO,
            "maxQty": format_amount(self.max_quantity),
            "stepSize": ZERO,
        }
        yield {
            "filterType": "NOTIONAL",
            "minNotional": format_amount(self.min_notional),
            "applyMinToMarket": False,
            "maxNotional": format_amount(self.max_notional),
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        }
        yield {"filterType": "ICEBERG_PARTS", "limit": MAX_PARTS}
        yield {
            "filterType": "TRAILING_DELTA",
            "minTrailingAboveDelta": _MIN_TRAILING_DELTA,
            "maxTrailingAboveDelta": _MAX_TRAILING_DELTA,
            "minTrailingBelowDelta": _MIN_TRAILING_DELTA,
            "maxTrailingBelowDelta": _MAX_TRAILING_DELTA,
        }
        yield from self._others


def describe_position(most: int) -> Filter:
    """Describe how much of the base asset an account may have and be buying, in 10^-8."""
    return {"filterType": "MAX_POSITION", "maxPosition": format_amount(most)}


def describe_exchange_filters(max_open_orders: int) -> list[Filter]:
    """Describe what an account must keep over all symbols: how many orders it has open."""
    return [{"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": max_open_orders}]


def _read_amount(text: str | None, default: int) -> int:
    return default if text is None else to_units(text)


def _describe_band(share: str) -> Filter:
    """Describe the distance that a price may have from the last trade's."""
    band = to_units(share)
    up, down = _format_multiplier(UNIT + band), _format_multiplier(max(0, UNIT - band))
    return {
        "filterType": "PERCENT_PRICE_BY_SIDE",
        "bidMultiplierUp": up,
        "bidMultiplierDown": down,
        "askMultiplierUp": up,
        "askMultiplierDown": down,
        "avgPriceMins": 0,
    }


def _format_multiplier(units: int) -> str:
    whole, _, fraction = format_amount(units).partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<{_DEFAULT_PLACES}}"
