"""The protocol's words ↔ the core's numbers: orders go to the core, its events to the recorder.

Compiled where there is a compiler (`translation.pxd` has the types).
"""

from collections.abc import Callable, Sequence

from engine.batch import Batch
from engine.core import Matcher, codes
from engine.orders import Order
from engine.recorder import CoreEvent, Recorder
from protocol.enums import OrderType, Reason, SelfTradePrevention, Side, Status
from protocol.refusal import Refusal

SIDES_BY_CODE = {codes.Side[side.name].value: side for side in Side}
REASONS_BY_CODE = {
    code.value: Reason.__members__.get(code.name, Reason.INTERNAL_ERROR) for code in codes.Reason
}

_SIDES = {side: code for code, side in SIDES_BY_CODE.items()}
_ORDER_TYPES = {kind: codes.OrderType[kind.name].value for kind in OrderType}
_PREVENTIONS = {mode: codes.SelfTradePrevention[mode.name].value for mode in SelfTradePrevention}

_COMMAND_REJECTED = codes.EventKind.COMMAND_REJECTED.value
_CANCELED = codes.EventKind.CANCELED.value

_DETAILS = {
    Reason.WOULD_TRADE: "a post_only order may not trade at once, and at that price it would",
    Reason.UNKNOWN_ORDER: "the account has no such order",
    Reason.TOO_MANY_OPEN_ORDERS: "the books are full",
}


def place(matcher: Matcher, order: Order, account: int) -> Sequence[CoreEvent]:
    """Enter a new order into the book; what happened."""
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
        self._record = _route_events(recorder)

    def read(self, events: Sequence[CoreEvent], batch: Batch) -> None:
        """Record what happened; raises Refusal where the core refused the command."""
        for event in events:
            if event[0] == _COMMAND_REJECTED:
                raise _to_refusal(REASONS_BY_CODE[event[1]])
            self._record[event[0]](event, batch)

    def read_canceled(self, events: Sequence[CoreEvent], reason: Reason, batch: Batch) -> int:
        """Record what `cancel_all` did, each cancel with `reason`; how many there were."""
        canceled = 0
        for event in events:
            if event[0] == _CANCELED:
                self._recorder.end(event, Status.CANCELED, reason, batch)
                canceled += 1
            else:
                self._record[event[0]](event, batch)
        return canceled


def _to_refusal(reason: Reason) -> Refusal:
    """The core's reason to refuse a command, for people."""
    return Refusal(reason, None, _DETAILS.get(reason, f"the book refused it: {reason}"))


def _route_events(recorder: Recorder) -> dict[int, Callable[[CoreEvent, Batch], None]]:
    kinds = codes.EventKind
    return {
        kinds.ACCEPTED.value: recorder.accepted,
        kinds.TRADE.value: recorder.traded,
        kinds.CANCELED.value: recorder.canceled,
        kinds.EXPIRED.value: recorder.expired,
        kinds.REJECTED.value: recorder.rejected,
        kinds.AMENDED.value: recorder.amended,
        kinds.REDUCED.value: recorder.reduced,
        kinds.TRIGGERED.value: recorder.triggered,
        kinds.LEVEL.value: recorder.level_changed,
    }
