"""Moves of a manual clock: an operator's command, and what a change has before it."""

from order_gateway.admission.request_context import RequestContext
from order_gateway.reading.request_schemas import AdvanceRequest
from order_gateway.reading.validation import parse_body
from protocol.commands import check_advance
from protocol.durations import parse_duration
from protocol.enums import Reason
from protocol.headers import ADVANCE_HEADER, IDEMPOTENCY_HEADER
from protocol.refusal import Refusal


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
    if not is_manual:
        raise Refusal(
            Reason.CLOCK_NOT_MANUAL, ADVANCE_HEADER,
            "only a clock that began as CLOCK=manual can be moved",
        )  # fmt: skip
    if request.signature is not None or b"idempotency-key" in request.headers:
        raise Refusal(
            Reason.INVALID_REQUEST, ADVANCE_HEADER,
            f"{ADVANCE_HEADER} goes with no signature and no {IDEMPOTENCY_HEADER}:"
            " move the clock by POST /v1/admin/clock",
        )  # fmt: skip
    try:
        return _parse(text)
    except Refusal as refusal:
        raise Refusal(refusal.code, ADVANCE_HEADER, refusal.detail) from None


def _parse(text: str) -> int:
    try:
        return check_advance(parse_duration(text))
    except ValueError:
        return check_advance(None)
