"""Every reason as a problem document."""

import json

import pytest

from order_gateway.errors import Unavailable, find_status, make_problem, postpone, refuse
from protocol.enums import Reason
from protocol.refusal import Refusal

STATUS = {
    Reason.UNAUTHORIZED: 401,
    Reason.TIMESTAMP_OUT_OF_WINDOW: 401,
    Reason.FORBIDDEN: 403,
    Reason.HOST_NOT_ALLOWED: 403,
    Reason.ORIGIN_NOT_ALLOWED: 403,
    Reason.NOT_FOUND: 404,
    Reason.UNKNOWN_ORDER: 404,
    Reason.METHOD_NOT_ALLOWED: 405,
    Reason.ORDER_CLOSED: 409,
    Reason.BODY_TOO_LARGE: 413,
    Reason.BATCH_TOO_LARGE: 413,
    Reason.UNSUPPORTED_MEDIA_TYPE: 415,
    Reason.RATE_LIMITED: 429,
    Reason.INTERNAL_ERROR: 500,
    Reason.QUEUE_UNAVAILABLE: 503,
    Reason.OVERLOADED: 503,
    Reason.ARCHIVE_UNAVAILABLE: 503,
}


@pytest.mark.parametrize("reason", Reason)
def test_reason_has_a_problem_document(reason: Reason) -> None:
    response = make_problem(reason, "what was wrong")
    assert response.status_code == find_status(reason) == STATUS.get(reason, 422)
    assert response.headers["content-type"] == "application/problem+json"
    assert json.loads(bytes(response.body)) == {
        "type": f"urn:goquant:problem:{reason}",
        "title": reason.replace("_", " ").capitalize(),
        "status": response.status_code,
        "code": reason,
        "detail": "what was wrong",
    }


def test_refusal_keeps_field_nearest_and_step() -> None:
    response = refuse(Refusal(Reason.OFF_TICK, "price", "off", "60123.46", "0.01"))
    problem = json.loads(bytes(response.body))
    assert (problem["field"], problem["nearest"], problem["step"]) == ("price", "60123.46", "0.01")


def test_unavailable_says_when_to_come_back() -> None:
    response = postpone(Unavailable(Reason.OVERLOADED, "too many"))
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
