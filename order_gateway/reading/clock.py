"""Moves of a manual clock: an operator's command, what a change has before it, and many at once."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from order_gateway.admission.request_context import RequestContext
from order_gateway.reading.order_body import OrderBody
from order_gateway.reading.request_schemas import MAX_BATCH_ORDERS, AdvanceRequest, StepsRequest
from order_gateway.reading.validation import parse_body, read_order
from protocol.commands import check_account, check_advance
from protocol.durations import parse_duration
from protocol.enums import Reason
from protocol.headers import ADVANCE_HEADER, IDEMPOTENCY_HEADER
from protocol.instrument import Instrument
from protocol.refusal import Refusal


class Step(NamedTuple):
    """By how many microseconds the clock is to move, and what an account orders then."""

    advance: int
    account: str
    orders: list[OrderBody]


class _Step(msgspec.Struct, forbid_unknown_fields=True):
    account: str
    orders: list[msgspec.Raw]
    advance: str = "0s"


class _Steps(msgspec.Struct, forbid_unknown_fields=True):
    steps: list[_Step]


_steps_decoder = msgspec.json.Decoder(_Steps)


def read_advance(body: bytes) -> int:
    """Return the microseconds by which the clock is to move; raise Refusal."""
    return _parse(parse_body(AdvanceRequest, body).advance)


def find_advance(request: RequestContext, *, is_manual: bool) -> int | None:
    """Return the microseconds by which the clock is to move before a change; None if by none.

    Raise Refusal if it cannot: a change that may come again would move it again.
    """
    text = request.find_header(b"x-advance")
    if text is None:
        return None
    _check_can_move(request, ADVANCE_HEADER, is_manual=is_manual)
    try:
        return _parse(text)
    except Refusal as refusal:
        raise Refusal(refusal.code, ADVANCE_HEADER, refusal.detail) from None


def read_steps(body: bytes, instruments: Mapping[str, Instrument]) -> list[Step]:
    """Return the steps in a body; raise Refusal if one of them cannot be taken."""
    try:
        found = _steps_decoder.decode(body).steps
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        parse_body(StepsRequest, body)
        detail = 'the body must be {"steps": [{"account": …, "orders": […]}]}'
        raise Refusal(Reason.INVALID_TYPE, "steps", detail) from None
    count = sum(len(step.orders) for step in found)
    if not 0 < count <= MAX_BATCH_ORDERS >= len(found):
        detail = f"there are 1 to {MAX_BATCH_ORDERS} orders in at most as many steps"
        raise Refusal(Reason.BATCH_TOO_LARGE if count else Reason.MISSING_FIELD, "steps", detail)
    return [_read_step(place, step, instruments) for place, step in enumerate(found)]


def _read_step(place: int, step: _Step, instruments: Mapping[str, Instrument]) -> Step:
    try:
        orders = [read_order(raw, instruments) for raw in step.orders]
        return Step(_parse(step.advance), check_account(step.account), orders)
    except Refusal as refusal:
        refusal.field = f"steps[{place}].{refusal.field}"
        raise


def check_can_take_steps(request: RequestContext, *, is_manual: bool) -> None:
    """Raise Refusal if steps cannot be taken, as they would move the clock."""
    _check_can_move(request, None, is_manual=is_manual)
    if b"x-advance" in request.headers:
        detail = "the first step says by how much the clock moves before it"
        raise Refusal(Reason.INVALID_REQUEST, ADVANCE_HEADER, detail)


def _check_can_move(request: RequestContext, field: str | None, *, is_manual: bool) -> None:
    if not is_manual:
        raise Refusal(
            Reason.CLOCK_NOT_MANUAL, field, "only a clock that began as CLOCK=manual can be moved"
        )
    if request.signature is not None or b"idempotency-key" in request.headers:
        raise Refusal(
            Reason.INVALID_REQUEST, field,
            f"{field or 'this'} goes with no signature and no {IDEMPOTENCY_HEADER}:"
            " move the clock by POST /v1/admin/clock",
        )  # fmt: skip


def _parse(text: str) -> int:
    try:
        return check_advance(parse_duration(text))
    except ValueError:
        return check_advance(None)
