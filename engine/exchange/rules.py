"""Limits and halts: what an order must obey beyond its form. All of them come from the journal.

Compiled if there is a compiler (`rules.pxd` has the types).
"""

from collections.abc import Sequence

from engine.exchange.orders import Order
from protocol.enums import OrderType, Reason
from protocol.instrument import Instrument
from protocol.limits import InstrumentLimits, TradingLimits
from protocol.refusal import Refusal

_NEVER_RESTS = frozenset({OrderType.MARKET, OrderType.IOC, OrderType.FOK})


class Rules:
    """The instruments with the limits in force, and which of them are halted.

    Before the first `configure` there are no limits. An order's form is checked against the
    instrument without limits, so that a repeat has the form that it had the first time.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self._listed_after = {item.symbol: item.listed_after for item in instruments}
        self.instruments = [InstrumentLimits().apply(item) for item in instruments]
        """By index, without limits."""
        self.limits = TradingLimits()
        self.halted: set[int] = set()
        self._limited = self.instruments
        self._by_symbol = {item.symbol: item for item in self.instruments}

    def find_instrument(self, symbol: str | None, sequence: int) -> Instrument:
        """Find an instrument, without limits; raise Refusal if it is not traded at `sequence`."""
        instrument = self._by_symbol.get(symbol or "")
        if instrument is None or sequence <= self._listed_after[instrument.symbol]:
            known = ", ".join(self._by_symbol)
            raise Refusal(Reason.UNKNOWN_SYMBOL, "symbol", f"symbol must be one of {known}")
        return instrument

    def configure(self, limits: TradingLimits | None) -> None:
        """Put other limits in force; open orders stay. Raise Refusal if they cannot be used."""
        try:
            wanted = [self._limit(item, limits or TradingLimits()) for item in self.instruments]
        except ValueError as error:
            raise Refusal(Reason.INVALID_COMMAND, "limits", str(error)) from None
        self._limited = wanted
        self.limits = limits or TradingLimits()

    def halt(self, instrument: Instrument) -> None:
        """Take only cancels for the instrument."""
        self.halted.add(instrument.index)

    def resume(self, instrument: Instrument) -> None:
        """End the instrument's halt."""
        self.halted.discard(instrument.index)

    def check_new(self, order: Order, quantity: str, open_orders: int, last_price: int) -> None:
        """Raise Refusal if the account or the instrument cannot have the order now.

        `quantity` is as it was sent.
        """
        instrument = self._limited[order.instrument.index]
        self.check_halt(instrument)
        instrument.check_lots(order.quantity, quantity)
        if order.price:
            instrument.check_notional(order.price, order.quantity)
        can_rest = order.order_type not in _NEVER_RESTS
        if can_rest and open_orders >= self.limits.max_open_orders:
            raise Refusal(
                Reason.TOO_MANY_OPEN_ORDERS,
                None,
                f"the account has {open_orders} open orders, the most that it may have",
            )
        self.check_band(order, order.price, last_price)

    def check_amend(
        self, order: Order, quantity: str | None, lots: int, price: int, last_price: int
    ) -> None:
        """Raise Refusal if the order may not get these terms now; 0 keeps a value.

        A total at or below what is filled may be of any size: it ends the order.
        """
        instrument = self._limited[order.instrument.index]
        if lots and lots <= order.filled:
            return
        if quantity is not None:
            instrument.quantity_to_lots(quantity)
        self.check_band(order, price, last_price)
        if order.price:
            instrument.check_notional(price or order.price, lots or order.quantity)

    def check_halt(self, instrument: Instrument) -> None:
        """Raise Refusal if the instrument is halted."""
        if instrument.index in self.halted:
            raise Refusal(
                Reason.INSTRUMENT_HALTED,
                "symbol",
                f"{instrument.symbol} is halted: orders can only be canceled",
            )

    def check_band(self, order: Order, price: int, last_price: int) -> None:
        """Raise Refusal if a price is too far from the last trade, unless the order waits."""
        if price and order.triggered is not False:
            instrument = self._limited[order.instrument.index]
            instrument.check_price_band(price, last_price)

    @staticmethod
    def _limit(instrument: Instrument, limits: TradingLimits) -> Instrument:
        return limits.instruments.get(instrument.symbol, InstrumentLimits()).apply(instrument)
