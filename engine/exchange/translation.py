"""Translate between the protocol's words and the core's numbers.

Orders go to the core, its events to the recorder. Compiled if there is a compiler
(`translation.pxd` has the types).
"""

from collections.abc import Sequence

from engine.core import EventRow, Matcher, codes
from engine.exchange.batch import Batch
from engine.exchange.core_event import CoreEvent
from engine.exchange.orders import Order
from engine.exchange.recorder import Recorder
from protocol.enums import OrderType, Reason, SelfTradePrevention, Side, Status
from protocol.refusal import Refusal

SIDES_BY_CODE = {codes.Side[side.name].value: side for side in Side}
REASONS_BY_CODE = {
    code.value: Reason.__members__.get(code.name, Reason.INTERNAL_ERROR) for code in codes.Reason
}

_SIDES = {side: code for code, side in SIDES_BY_CODE.items()}
_ORDER_TYPES = {kind: codes.OrderType[kind.name].value for kind in OrderType}
_PREVENTIONS = {mode: codes.SelfTradePrevention[mode.name].value for mode in SelfTradePrevention}

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

_DETAILS = {
    Reason.WOULD_TRADE: "a post_only order may not trade at once, and at that price it would",
    Reason.UNKNOWN_ORDER: "the account has no such order",
    Reason.TOO_MANY_OPEN_ORDERS: "the books are full",
}


def place(matcher: Matcher, order: Order, account: int) -> Sequence[EventRow]:
    """Enter a new order into the book; return what happened."""
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
        elif kind == _AMENDED:
            recorder.amended(event, batch)
        elif kind == _REDUCED:
            recorder.reduced(event, batch)
        elif kind == _TRIGGERED:
            recorder.triggered(event, batch)
        elif kind == _COMMAND_REJECTED:
            raise _to_refusal(REASONS_BY_CODE[event.reason])
        else:
            raise ValueError(f"the core tells of an event of kind {kind}")


def _to_refusal(reason: Reason) -> Refusal:
    """Put the core's reason to refuse a command into words."""
    return Refusal(reason, None, _DETAILS.get(reason, f"the book refused it: {reason}"))
