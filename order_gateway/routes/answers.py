"""Makes HTTP answers from the outcomes of requests."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import UNSET, convert, to_builtins
from msgspec.structs import replace
from starlette.responses import Response

from archive.records import FillRecord, OrderRecord
from order_gateway.account.history import Recalled
from order_gateway.document.answer_schemas import OrderResult
from order_gateway.document.common_answers import REPLAYED_HEADER
from order_gateway.queueing.gateway import Outcome
from order_gateway.reading.request_schemas import MoveRequest, ResponseMode
from protocol.canceled_quantity import derive_canceled
from protocol.codec import encode
from protocol.commands import QueueEntry
from protocol.decimals import format_scaled, scale
from protocol.enums import Reason, Status, TransferState
from protocol.events import ExecutionReport, Fill, Reply
from protocol.problem import PROBLEM_MEDIA_TYPE, describe_problem
from protocol.refusal import Refusal

_FIRST_ERROR = 400
_JSON = (b"content-type", b"application/json")
_PROBLEM = (b"content-type", PROBLEM_MEDIA_TYPE.encode())
_REPLAYED = (REPLAYED_HEADER.lower().encode(), b"true")
_WHY = ("detail", "field", "nearest", "step")
_RESULT_FIELDS = tuple(name for name in OrderResult.model_fields if name not in _WHY)
_STATE_FIELDS = tuple(name for name in _RESULT_FIELDS if name != "timestamp")
_ORDER_ADVICE = (
    "the queue's confirmation was lost: the order may have been queued or not; ask for it, or"
    " repeat it with the same client_order_id: that never makes a second order"
)
_TRANSFER_ADVICE = (
    "it is not known whether the request was queued, or what became of it: repeat it with the same"
    " id: it is never done twice"
)
_STEPS_ADVICE = (
    "it is not known how many of the steps were queued, or what became of them: ask for the"
    " exchange's time and for the orders"
)
_CHANGE_ADVICE = (
    "it is not known whether the request was queued, or what became of it: ask for the order, or"
    " repeat it; under the same Idempotency-Key it is never done twice"
)


class JsonResponse(Response):
    """Starlette's response, without its way from names and values as text to bytes."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status_code = status
        self.body = body
        self.background = None
        self.raw_headers = [
            (b"content-length", b"%d" % len(body)),
            _PROBLEM if status >= _FIRST_ERROR else _JSON,
        ]


class Answer(NamedTuple):
    """Status and body; `is_replayed` is true if the order or the change is a repeat."""

    status: int
    body: dict[str, Any]
    is_replayed: bool = False

    def to_response(self) -> Response:
        """Return the HTTP answer."""
        status, body, is_replayed = self
        response = JsonResponse(status, encode(body))
        if is_replayed:
            response.raw_headers.append(_REPLAYED)
        return response

    def to_item(self) -> dict[str, Any]:
        """Return the item of a batch's results."""
        name = "problem" if self.status >= _FIRST_ERROR else "order"
        return {"status": self.status, name: self.body}


def is_replayed(response: Response) -> bool:
    """Whether the answer is that to a repeat."""
    return _REPLAYED in response.raw_headers


def answer_order(outcome: Outcome, mode: ResponseMode, recalled: Recalled | None = None) -> Answer:
    """Answer a new order; `recalled` is what the archive has of it if it is a repeat."""
    entry, is_confirmed, reply, _, _ = outcome
    if reply is None and is_confirmed:
        return Answer(201, _accept(entry))
    if reply is None:
        return _answer_pending(outcome, 201, _ORDER_ADVICE)
    if reply.order is None or reply.reason is Reason.CLIENT_ORDER_ID_REUSED:
        return _refuse(reply)
    if not reply.duplicate:
        # a reply leaves too many trades out, which does not mean that there were none
        fills = reply.fills if reply.fills or reply.order.average_price is None else None
        return Answer(201, _make_result(reply.order, fills, reply, mode))
    return Answer(200, _answer_repeat(reply.order, reply, mode, recalled), is_replayed=True)


def answer_items(items: Sequence[Answer]) -> Response:
    """Answer a batch: one result for each of its items, in their order."""
    return JsonResponse(200, encode({"results": [item.to_item() for item in items]}))


def answer_refused_item(refusal: Refusal) -> Answer:
    """Return the result of an item that was not queued."""
    problem = describe_problem(
        refusal.code, refusal.detail, refusal.field, refusal.nearest, refusal.step
    )
    return Answer(problem["status"], problem)


def answer_change(outcome: Outcome, mode: ResponseMode) -> Answer:
    """Answer a cancel or an amend."""
    return _answer_change(outcome, mode)._replace(is_replayed=outcome.is_repeat)


def _answer_change(outcome: Outcome, mode: ResponseMode) -> Answer:
    reply = outcome.reply
    if reply is None:
        return _answer_pending(outcome, 202, _CHANGE_ADVICE)
    # a reason that is not the order's own is why the change was refused
    if reply.order is None or reply.reason is not reply.order.reason:
        is_by_name = outcome.entry.client_order_id is not None and reply.field == "order_id"
        return _refuse(replace(reply, field="client_order_id") if is_by_name else reply)
    return Answer(200, _make_result(reply.order, reply.fills, reply, mode))


def answer_replace(outcome: Outcome, mode: ResponseMode) -> Answer:
    """Answer a replace: the new order, and the one that it has canceled, or why it has not."""
    reply = outcome.reply
    if reply is None:
        return _answer_pending(outcome, 202, _CHANGE_ADVICE)
    if reply.order is None:
        return _refuse(reply)._replace(is_replayed=outcome.is_repeat)
    canceled = reply.canceled_order
    body = {
        "order": _make_result(reply.order, reply.fills, reply, mode),
        "canceled_order": None
        if canceled is None
        else _make_result(canceled, None, reply, ResponseMode.RESULT),
        "cancel_reason": reply.cancel_reason,
    }
    return Answer(200, body, is_replayed=outcome.is_repeat)


def answer_list(outcome: Outcome, mode: ResponseMode) -> Answer:
    """Answer a new order list, or the cancel of one: its orders as they are then."""
    reply = outcome.reply
    if reply is None:
        return _answer_pending(outcome, 202, _CHANGE_ADVICE)
    if not reply.orders:
        return _refuse(reply)._replace(is_replayed=outcome.is_repeat)
    first, *others = reply.orders
    known = first.list or None
    body = {
        "list_id": reply.list_id,
        "list_type": known and known.list_type,
        "client_list_id": known and known.client_list_id,
        "symbol": first.symbol,
        "orders": [
            _make_result(first, reply.fills, reply, mode),
            *(_make_result(each, [], reply, mode) for each in others),
        ],
    }
    return Answer(200, body, is_replayed=outcome.is_repeat)


def answer_known_list(orders: Sequence[OrderRecord]) -> Response:
    """Answer a question about a list with its orders, as the archive has them."""
    first = orders[0]
    known = to_builtins(first.list)
    names = {name: known[name] for name in ("list_id", "list_type", "client_list_id")}
    return JsonResponse(200, encode(names | {"symbol": first.symbol, "orders": orders}))


def answer_done(outcome: Outcome, **done: Any) -> Answer:
    """Answer a command that is not about one order; `done` is the body if it was carried out."""
    reply = outcome.reply
    if reply is None:
        answer = _answer_pending(outcome, 202, _CHANGE_ADVICE)
    elif reply.reason is not None:
        answer = _refuse(reply)
    else:
        answer = Answer(200, done)
    return answer._replace(is_replayed=outcome.is_repeat)


def answer_steps(outcome: Outcome, **done: Any) -> Answer:
    """Answer steps of which the outcome of the last is known; `done` is the body if they are."""
    if outcome.reply is None:
        return _answer_pending(outcome, 202, _STEPS_ADVICE)
    return Answer(200, done)


def answer_transfer(outcome: Outcome) -> Answer:
    """Answer a credit or a debit: 201 if it has been done now, 200 if it was before."""
    reply = outcome.reply
    if reply is None:
        answer = _answer_pending(outcome, 202, _TRANSFER_ADVICE)
    elif reply.balance is None:
        answer = _refuse(reply)
    else:
        done = {"account": outcome.entry.account} | to_builtins(reply.balance)
        done["duplicate"] = reply.duplicate
        return Answer(200 if reply.duplicate else 201, done, is_replayed=reply.duplicate)
    return answer._replace(is_replayed=outcome.is_repeat)


def answer_move(outcome: Outcome, move: MoveRequest) -> Answer:
    """Answer a transfer to another shard: 201 if it was sent now, 200 if it was before."""
    reply = outcome.reply
    if reply is None or reply.balance is None:
        return answer_transfer(outcome)
    free = reply.balance.free
    places = len(free.partition(".")[2])
    done = {
        "id": move.id,
        "account": outcome.entry.account,
        "asset": move.asset,
        "amount": format_scaled(scale(move.amount, places), places),
        "from": move.source,
        "to": move.target,
        "number": reply.transfer,
        "state": TransferState.SENT,
        "free": free,
        "locked": reply.balance.locked,
        "duplicate": reply.duplicate,
    }
    return Answer(200 if reply.duplicate else 201, done, is_replayed=reply.duplicate)


def _answer_pending(outcome: Outcome, status: int, advice: str) -> Answer:
    if outcome.obstacle is not None:
        return answer_refused_item(Refusal(outcome.obstacle.code, None, outcome.obstacle.detail))
    body = _identify(outcome.entry)
    if outcome.is_confirmed:
        return Answer(status, body | {"status": Status.ACCEPTED})
    return Answer(202, body | {"status": Status.UNKNOWN, "detail": advice})


def _accept(entry: QueueEntry) -> dict[str, Any]:
    identity = {} if entry.order_id is None else {"order_id": entry.order_id}
    return identity | {
        "client_order_id": entry.client_order_id,
        "status": Status.ACCEPTED,
        "timestamp": entry.received_at,
    }


def _identify(entry: QueueEntry) -> dict[str, Any]:
    identity = {
        "order_id": entry.order_id,
        "number": entry.number,
        "client_order_id": entry.client_order_id,
        "timestamp": entry.received_at,
    }
    return {name: text for name, text in identity.items() if text is not None}


def _answer_repeat(
    order: ExecutionReport, reply: Reply, mode: ResponseMode, recalled: Recalled | None
) -> dict[str, Any]:
    if recalled is None:
        return _make_result(order, None, reply, mode)
    result = {field: getattr(recalled.order, field) for field in _STATE_FIELDS}
    result["timestamp"] = recalled.order.updated_at
    fills = recalled.fills
    result["fills"] = None if fills is None else [_to_fill(fill) for fill in fills]
    return result


def _to_fill(fill: FillRecord) -> Fill:
    return convert(fill, Fill, from_attributes=True)


def _make_result(
    order: ExecutionReport, fills: Sequence[Fill] | None, reply: Reply, mode: ResponseMode
) -> dict[str, Any]:
    prevented = order.prevented_quantity or None
    canceled = derive_canceled(order.status, order.quantity, order.filled_quantity, prevented)
    values = ((name, getattr(order, name, canceled)) for name in _RESULT_FIELDS)
    result = {name: None if value is UNSET else value for name, value in values}
    if order.status is Status.REJECTED:
        why = {name: getattr(reply, name) for name in _WHY}
        result |= {name: text for name, text in why.items() if text is not None}
    if mode is ResponseMode.FULL:
        result["fills"] = fills
    return result


def _refuse(reply: Reply) -> Answer:
    reason = reply.reason or Reason.INTERNAL_ERROR
    detail = reply.detail or reason.replace("_", " ")
    return answer_refused_item(Refusal(reason, reply.field, detail, reply.nearest, reply.step))
