"""Translate between the protocol's words and the core's numbers.

Orders go to the core, its events to the recorder.
"""

from collections.abc import Sequence

from engine.core import EventRow, Matcher, codes
from engine.exchange.batch import Batch
from engine.exchange.core_event import CoreEvent
from engine.exchange.orders import Order
from engine.exchange.recorder import Recorder
from protocol.enums import (
    ListType,
    OrderType,
    Reason,
    SelfTradePrevention,
    Side,
    Status,
    TimeInForce,
    TrailingOffsetType,
)
from protocol.order_lists import name_field
from protocol.refusal import Refusal
from protocol.special_terms import TrailingTerms

SIDES_BY_CODE = {codes.Side[side.name].value: side for side in Side}
REASONS_BY_CODE = {
    code.value: Reason.__members__.get(code.name, Reason.INTERNAL_ERROR) for code in codes.Reason
}

_SIDES = {side: code for code, side in SIDES_BY_CODE.items()}
_ORDER_TYPES = {kind: codes.OrderType[kind.name].value for kind in OrderType}
_PREVENTIONS = {mode: codes.SelfTradePrevention[mode.name].value for mode in SelfTradePrevention}

_TIMES_IN_FORCE = {
    TimeInForce.GTC: codes.TimeInForce.GTC.value,
    TimeInForce.IOC: codes.TimeInForce.IOC.value,
    TimeInForce.FOK: codes.TimeInForce.FOK.value,
    TimeInForce.GTD: codes.TimeInForce.GTC.value,
    TimeInForce.DAY: codes.TimeInForce.GTC.value,
}
"""The core knows no time: the exchange ends what has an end."""

_TRAILING_UNITS = {
    TrailingOffsetType.PRICE: codes.TrailingUnit.TICKS.value,
    TrailingOffsetType.BASIS_POINTS: codes.TrailingUnit.BASIS_POINTS.value,
}

_ACCEPTED = codes.EventKind.ACCEPTED.value
_TRADE = codes.EventKind.TRADE.value
_CANCELED = codes.EventKind.CANCELED.value
_EXPIRED = codes.EventKind.EXPIRED.value
_REJECTED = codes.EventKind.REJECTED.value
_AMENDED = codes.EventKind.AMENDED.value
_REDUCED = codes.EventKind.REDUCED.value
_TRIGGERED = codes.EventKind.TRIGGERED.value
_COMMAND_REJECTED = codes.EventKind.COMMAND_REJECTED.value
_LEVEL = codes.EventKind.LEVEL.value
_COMMISSION = codes.EventKind.COMMISSION.value
_PREVENTED = codes.EventKind.PREVENTED.value
_RELEASED = codes.EventKind.RELEASED.value
_LISTS = {kind: codes.ListKind[kind.name].value for kind in ListType}
_ACTIVATED = codes.EventKind.ACTIVATED.value

_DETAILS = {
    Reason.WOULD_TRADE: "a post_only order may not trade at once, and at that price it would",
    Reason.UNKNOWN_ORDER: "the account has no such order",
    Reason.TOO_MANY_OPEN_ORDERS: "the books are full",
    Reason.PRICE_RELATION: "to sell, the price of the leg with profit is above, that of the stop"
    " below the last trade, to buy the other way round",
    Reason.INVALID_LIST: "these orders make no list of that type",
}


def place(matcher: Matcher, order: Order, account: int) -> Sequence[EventRow]:
    """Enter a new order, which has nothing that few have, into the book; return what happened."""
    return matcher.new(
        order.instrument.index,
        order.order_id,
        account,
        _SIDES[order.side],
        _ORDER_TYPES[order.order_type],
        order.quantity,
        order.price,
        order.stop_price,
        _PREVENTIONS[order.self_trade_prevention],
    )


def place_special(
    matcher: Matcher, order: Order, account: int, least: int, most: int
) -> Sequence[EventRow]:
    """Enter an order that has what few have.

    `least` and `most` bound the quantity to which it may come if it names an amount; 0: no bound.
    """
    special = order.special
    stop_price, offset, unit = _find_trail(order)
    return matcher.new(
        order.instrument.index,
        order.order_id,
        account,
        _SIDES[order.side],
        _ORDER_TYPES[order.order_type],
        order.quantity or least,
        order.price,
        stop_price,
        _PREVENTIONS[order.self_trade_prevention],
        _TIMES_IN_FORCE[special.time_in_force],
        special.display_quantity,
        special.quote_quantity,
        offset,
        unit,
        most,
    )


def _find_trail(order: Order) -> tuple[int, int, int]:
    """Find the stop price for which a new order waits first, and the offset that it trails by."""
    special = order.special
    if not isinstance(special, TrailingTerms):
        return order.stop_price, 0, 0
    unit = _TRAILING_UNITS[special.trailing_offset_type]
    return special.activation_price, special.trailing_offset, unit


def place_list(
    matcher: Matcher, list_type: ListType, orders: Sequence[Order], account: int
) -> Sequence[EventRow]:
    """Enter an order list; raise Refusal, with the place of the order, if the core refuses it."""
    legs = [_to_leg(order) for order in orders]
    events = matcher.new_list(orders[0].instrument.index, account, _LISTS[list_type], legs)
    kind, reason, _, _, order_id, *_ = events[0]
    if kind == _REJECTED:
        place = [order.order_id for order in orders].index(order_id)
        refusal = _to_refusal(REASONS_BY_CODE[reason])
        refusal.field = name_field(place)
        raise refusal
    return events


def _to_leg(order: Order) -> tuple[int, ...]:
    """Return an order of a list as the core takes it."""
    stop_price, offset, unit = _find_trail(order)
    return (
        order.order_id,
        _SIDES[order.side],
        _ORDER_TYPES[order.order_type],
        order.quantity,
        order.price,
        stop_price,
        _PREVENTIONS[order.self_trade_prevention],
        _TIMES_IN_FORCE[order.special.time_in_force],
        order.special.display_quantity,
        offset,
        unit,
    )


class EventReader:
    """Reads the core's events of one command, each to the recorder's method for its kind."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._event = CoreEvent()

    def read(self, events: Sequence[EventRow], batch: Batch) -> None:
        """Record what happened; raise Refusal if the core refused the command."""
        event = self._event
        event.open(events)
        while event.advance():
            self._record(event, batch)

    def read_canceled(self, events: Sequence[EventRow], reason: Reason, batch: Batch) -> int:
        """Record what `cancel_all` did, each cancel with `reason`; return how many there were."""
        canceled = 0
        event = self._event
        event.open(events)
        while event.advance():
            if event.kind == _CANCELED:
                self._recorder.end(event, Status.CANCELED, reason, batch)
                canceled += 1
            else:
                self._record(event, batch)
        return canceled

    def _record(self, event: CoreEvent, batch: Batch) -> None:
        """Record an event of a kind that most orders have."""
        kind, recorder = event.kind, self._recorder
        if kind == _LEVEL:
            recorder.level_changed(event, batch)
        elif kind == _ACCEPTED:
            recorder.accepted(event, batch)
        elif kind == _CANCELED:
            recorder.canceled(event, batch)
        elif kind == _TRADE:
            recorder.traded(event, batch)
        elif kind == _COMMISSION:
            recorder.charged(event, batch)
        else:
            self._record_rare(event, batch)

    def _record_rare(self, event: CoreEvent, batch: Batch) -> None:
        """Record an event of another kind."""
        kind, recorder = event.kind, self._recorder
        if kind == _EXPIRED:
            recorder.expired(event, batch)
        elif kind == _REJECTED:
            recorder.rejected(event, batch)
        elif kind == _COMMAND_REJECTED:
            raise _to_refusal(REASONS_BY_CODE[event.reason])
        else:
            self._record_change(event, batch)

    def _record_change(self, event: CoreEvent, batch: Batch) -> None:
        """Record an event of an open order that trades nothing and does not end."""
        kind, recorder = event.kind, self._recorder
        if kind == _AMENDED:
            recorder.amended(event, batch)
        elif kind == _REDUCED:
            recorder.reduced(event, batch)
        elif kind == _PREVENTED:
            recorder.prevented(event, batch)
        elif kind == _TRIGGERED:
            recorder.triggered(event, batch)
        elif kind == _ACTIVATED:
            recorder.activated(event, batch)
        elif kind == _RELEASED:
            recorder.released(event, batch)
        else:
            raise ValueError(f"the core tells of an event of kind {event.kind}")


def _to_refusal(reason: Reason) -> Refusal:
    """Put the core's reason to refuse a command into words."""
    return Refusal(reason, None, _DETAILS.get(reason, f"the book refused it: {reason}"))
