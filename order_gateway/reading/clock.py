"""The body of an operator's command to the clock."""

from order_gateway.reading.request_schemas import AdvanceRequest
from order_gateway.reading.validation import parse_body
from protocol.commands import check_advance
from protocol.durations import parse_duration


def read_advance(body: bytes) -> int:
    """Return the microseconds by which the clock is to move; raise Refusal."""
    request = parse_body(AdvanceRequest, body)
    try:
        return check_advance(parse_duration(request.advance))
    except ValueError:
        return check_advance(None)
