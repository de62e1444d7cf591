"""What an order must obey beyond its own form: limits, halts; all of it from the journal."""

from collections.abc import Sequence

from engine.orders import Order
from protocol.enums import OrderType, Reason
from protocol.instrument import Instrument
from protocol.limits import InstrumentLimits, TradingLimits
from protocol.refusal import Refusal

_NEVER_RESTS = frozenset({OrderType.MARKET, OrderType.IOC, OrderType.FOK})


class Rules:
    """The instruments with the limits in force, and which of them are halted.

    There are no limits of instruments before the first `configure`.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._listed_after = {item.symbol: item.listed_after for item in instruments}
        self.instruments = [InstrumentLimits().apply(item) for item in instruments]
        """By index; always the same list."""
        self.limits = TradingLimits()
        self.halted: set[int] = set()
        self._by_symbol = {item.symbol: item for item in self.instruments}

    def find_instrument(self, symbol: str | None, sequence: int) -> Instrument:
        """Raises Refusal for a symbol that is not traded, or was not yet at `sequence`."""
        instrument = self._by_symbol.get(symbol or "")
        if instrument is None or sequence <= self._listed_after[instrument.symbol]:
            known = ", ".join(self._by_symbol)
            raise Refusal(Reason.UNKNOWN_SYMBOL, "symbol", f"symbol must be one of {known}")
        return instrument

    def configure(self, limits: TradingLimits | None) -> None:
        """Other limits from now on; open orders stay. Raises Refusal for unusable ones."""
        try:
            wanted = [self._limit(item, limits or TradingLimits()) for item in self.instruments]
        except ValueError as error:
            raise Refusal(Reason.INVALID_COMMAND, "limits", str(error)) from None
        self.instruments[:] = wanted
        self._by_symbol = {item.symbol: item for item in wanted}
        self.limits = limits or TradingLimits()

    def check_new(self, order: Order, open_orders: int, last_price: int) -> None:
        """Raises Refusal for an order that the account or the instrument cannot have now."""
        self.check_halt(order.instrument)
        if order.order_type in _NEVER_RESTS:
            pass
        elif open_orders >= self.limits.max_open_orders:
            raise Refusal(
                Reason.TOO_MANY_OPEN_ORDERS,
                None,
                f"the account has {open_orders} open orders, the most that it may have",
            )
        self.check_band(order, order.price, last_price)

    def check_halt(self, instrument: Instrument) -> None:
        """Raises Refusal where only cancels are taken."""
        if instrument.index in self.halted:
            raise Refusal(
                Reason.INSTRUMENT_HALTED,
                "symbol",
                f"{instrument.symbol} is halted: orders can only be canceled",
            )

    def check_band(self, order: Order, price: int, last_price: int) -> None:
        """Raises Refusal for a price too far from the last trade; not while the order waits."""
        if price and order.triggered is not False:
            self.instruments[order.instrument.index].check_price_band(price, last_price)

    @staticmethod
    def _limit(instrument: Instrument, limits: TradingLimits) -> Instrument:
        return limits.instruments.get(instrument.symbol, InstrumentLimits()).apply(instrument)
