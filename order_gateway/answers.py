"""From what became of a request to its HTTP answer."""

from typing import Any

import msgspec
from pydantic import BaseModel
from starlette.responses import Response

from order_gateway.errors import make_problem
from order_gateway.gateway import Outcome
from order_gateway.schemas import (
    ChangeAccepted,
    OrderAccepted,
    OrderFullResult,
    OrderResult,
    OutcomeUnknown,
    ResponseMode,
)
from protocol.commands import QueueEntry
from protocol.enums import Reason, Status
from protocol.events import ExecutionReport, Reply

REPLAYED_HEADER = "Idempotency-Replayed"

_ORDER_ADVICE = (
    "the queue's confirmation was lost: the order may have been queued or not; ask for it, or"
    " repeat it with the same client_order_id: that never makes a second order"
)
_CHANGE_ADVICE = (
    "the queue's confirmation was lost: the request may have been queued or not;"
    " ask for the order, or repeat it"
)


def answer_order(outcome: Outcome, mode: ResponseMode) -> Response:
    """The answer to a new order."""
    if outcome.reply is None:
        return _answer_pending_order(outcome)
    return _answer_replied_order(outcome.reply, mode)


def answer_change(outcome: Outcome, mode: ResponseMode) -> Response:
    """The answer to a cancel or an amend."""
    if outcome.reply is None:
        return _answer_pending_change(outcome)
    reply = outcome.reply
    # a reason that is not the order's own is that of the refusal
    if reply.order is None or reply.reason is not reply.order.reason:
        return _refuse(reply)
    return _encode(_make_result(reply.order, reply, mode), 200)


def _answer_pending_order(outcome: Outcome) -> Response:
    if not outcome.is_confirmed:
        return _answer_unknown(outcome.entry, _ORDER_ADVICE)
    return _encode(OrderAccepted(status=Status.ACCEPTED, **_identify(outcome.entry)), 201)


def _answer_replied_order(reply: Reply, mode: ResponseMode) -> Response:
    if reply.order is None or reply.reason is Reason.CLIENT_ORDER_ID_REUSED:
        return _refuse(reply)
    result = _make_result(reply.order, reply, mode)
    if reply.duplicate:
        return _encode(result, 200, {REPLAYED_HEADER: "true"})
    return _encode(result, 201)


def _answer_pending_change(outcome: Outcome) -> Response:
    if not outcome.is_confirmed:
        return _answer_unknown(outcome.entry, _CHANGE_ADVICE)
    return _encode(ChangeAccepted(status=Status.ACCEPTED, **_identify(outcome.entry)), 202)


def _answer_unknown(entry: QueueEntry, advice: str) -> Response:
    return _encode(OutcomeUnknown(status=Status.UNKNOWN, detail=advice, **_identify(entry)), 202)


def _identify(entry: QueueEntry) -> dict[str, Any]:
    identity = {"order_id": entry.order_id, "timestamp": entry.received_at}
    if entry.client_order_id is not None:
        identity["client_order_id"] = entry.client_order_id
    return identity


def _make_result(order: ExecutionReport, reply: Reply, mode: ResponseMode) -> OrderResult:
    values = {field: getattr(order, field) for field in OrderResult.model_fields}
    if mode is ResponseMode.FULL:
        return OrderFullResult(**values, fills=msgspec.to_builtins(reply.fills))
    return OrderResult(**values)


def _refuse(reply: Reply) -> Response:
    reason = reply.reason or Reason.INTERNAL_ERROR
    detail = reply.detail or reason.replace("_", " ")
    return make_problem(reason, detail, reply.field, reply.nearest, reply.step)


def _encode(body: BaseModel, status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(body.model_dump_json(), status, headers, "application/json")
