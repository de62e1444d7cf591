"""Limits and phases: what an order must obey beyond its form. All of them come from the journal."""

from collections.abc import Sequence

from engine.exchange.orders import Order
from protocol.enums import OrderType, Phase, Reason, Side
from protocol.instrument import Instrument
from protocol.limits import InstrumentLimits, TradingLimits
from protocol.refusal import Refusal
from protocol.special_terms import PLAIN, TrailingTerms, check_parts

_STOPS = frozenset({OrderType.STOP_LOSS, OrderType.STOP_LIMIT})
_PHASE_REASONS = {
    Phase.HALTED: Reason.INSTRUMENT_HALTED,
    Phase.CLOSED: Reason.INSTRUMENT_CLOSED,
}
_NEVER_RESTS = frozenset({OrderType.MARKET, OrderType.IOC, OrderType.FOK})


def is_reached(order: Order, stop_price: int, last_price: int) -> bool:
    """Whether the last trade, if there was one, has reached an order's stop price."""
    if not last_price:
        return False
    on_rise = (order.order_type in _STOPS) == (order.side is Side.BUY)
    return last_price >= stop_price if on_rise else last_price <= stop_price


def _find_first_price(order: Order) -> int:
    """Find the price that a new order waits for first, 0 for none."""
    special = order.special
    return special.activation_price if isinstance(special, TrailingTerms) else order.stop_price


class Rules:
    """The instruments with the limits in force, and the phases that they are in.

    Before the first `configure` there are no limits. An order's form is checked against the
    instrument without limits, so that a repeat has the form that it had the first time.
    """

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        self.listed_after = {item.symbol: item.listed_after for item in instruments}
        """By symbol, the sequence after which it is traded."""
        self.instruments = [InstrumentLimits().apply(item) for item in instruments]
        """By index, without limits."""
        self.limits = TradingLimits()
        self.phases: dict[int, Phase] = {}
        """By index, of those that are not `continuous`."""
        self.limited = self.instruments
        """By index, with the limits in force."""
        self._by_symbol = {item.symbol: item for item in self.instruments}

    def find_instrument(self, symbol: str | None, sequence: int) -> Instrument:
        """Find an instrument, without limits; raise Refusal if it is not traded at `sequence`."""
        instrument = self._by_symbol.get(symbol or "")
        if instrument is None or sequence <= self.listed_after[instrument.symbol]:
            known = ", ".join(self._by_symbol)
            raise Refusal(Reason.UNKNOWN_SYMBOL, "symbol", f"symbol must be one of {known}")
        return instrument

    def configure(self, limits: TradingLimits | None) -> None:
        """Put other limits in force; open orders stay. Raise Refusal if they cannot be used."""
        try:
            wanted = [self._limit(item, limits or TradingLimits()) for item in self.instruments]
        except ValueError as error:
            raise Refusal(Reason.INVALID_COMMAND, "limits", str(error)) from None
        self.limited = wanted
        self.limits = limits or TradingLimits()

    def set_phase(self, instrument: Instrument, phase: Phase) -> None:
        """Begin a phase of the instrument; all but `continuous` take only cancels."""
        if phase is Phase.CONTINUOUS:
            self.phases.pop(instrument.index, None)
        else:
            self.phases[instrument.index] = phase

    def list_phase(self, phase: Phase) -> list[int]:
        """List the indices of the instruments in a phase other than `continuous`."""
        return [index for index, each in self.phases.items() if each is phase]

    def check_new(self, order: Order, quantity: str, open_orders: int, last_price: int) -> None:
        """Raise Refusal if the account or the instrument cannot have the order now.

        `quantity` is as it was sent.
        """
        instrument = self.limited[order.instrument.index]
        self.check_phase(instrument)
        if order.quantity:
            instrument.check_lots(order.quantity, quantity)
        if order.price:
            instrument.check_notional(order.price, order.quantity)
        if order.special is not PLAIN:
            self.check_special(order, _find_first_price(order), last_price)
        can_rest = order.order_type not in _NEVER_RESTS
        if can_rest and open_orders >= self.limits.max_open_orders:
            raise Refusal(
                Reason.TOO_MANY_OPEN_ORDERS,
                None,
                f"the account has {open_orders} open orders, the most that it may have",
            )
        self.check_band(order, order.price, last_price)

    def check_amend(
        self,
        order: Order,
        quantity: str | None,
        lots: int,
        price: int,
        stop_price: int,
        last_price: int,
    ) -> None:
        """Raise Refusal if the order may not get these terms now; 0 keeps a value.

        A total at or below what is filled, or prevented, may be of any size: it ends the order.
        """
        instrument = self.limited[order.instrument.index]
        if lots and lots <= order.filled + order.prevented:
            return
        check_parts(instrument, order.special.display_quantity, lots)
        if stop_price:
            self.check_special(order, stop_price, last_price)
        if quantity is not None:
            instrument.quantity_to_lots(quantity)
        self.check_band(order, price, last_price)
        if order.price:
            instrument.check_notional(price or order.price, lots or order.quantity)

    def find_bounds(self, order: Order) -> tuple[int, int]:
        """Find the smallest and the largest quantity, in lots, to which an amount may come."""
        instrument = self.limited[order.instrument.index]
        return instrument.min_quantity, instrument.max_quantity

    @staticmethod
    def check_special(order: Order, stop_price: int, last_price: int) -> None:
        """Raise Refusal if the order would fire at once, and is not to."""
        is_refused = order.special.reject_if_triggered and stop_price
        if is_refused and is_reached(order, stop_price, last_price):
            field = "activation_price" if isinstance(order.special, TrailingTerms) else "stop_price"
            what = field.replace("_", " ")
            raise Refusal(
                Reason.WOULD_TRIGGER,
                field,
                f"the last trade has reached the {what}: the order would not wait for it",
            )

    def check_phase(self, instrument: Instrument) -> None:
        """Raise Refusal if the instrument takes only cancels."""
        phase = self.phases.get(instrument.index)
        if phase is not None:
            raise Refusal(
                _PHASE_REASONS[phase],
                "symbol",
                f"{instrument.symbol} is {phase}: orders can only be canceled",
            )

    def check_band(self, order: Order, price: int, last_price: int) -> None:
        """Raise Refusal if a price is too far from the last trade, unless the order waits."""
        if price and order.triggered is not False and not order.is_pending:
            instrument = self.limited[order.instrument.index]
            instrument.check_price_band(price, last_price)

    @staticmethod
    def _limit(instrument: Instrument, limits: TradingLimits) -> Instrument:
        return limits.instruments.get(instrument.symbol, InstrumentLimits()).apply(instrument)
