"""Every reason as a problem document."""

import json

import pytest

from order_gateway.errors import Unavailable, make_problem, postpone, refuse
from protocol.enums import Reason
from protocol.http_status import find_status
from protocol.refusal import Refusal


@pytest.mark.parametrize("reason", Reason)
def test_reason_has_a_problem_document(reason: Reason) -> None:
    response = make_problem(reason, "what was wrong")
    assert response.status_code == find_status(reason)
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


def test_unknown_symbol_in_the_path_is_not_found_and_elsewhere_a_bad_value() -> None:
    refusal = Refusal(Reason.UNKNOWN_SYMBOL, "symbol", "no such symbol")
    assert refuse(refusal, {"symbol": "DOGE-USDT"}).status_code == 404
    assert refuse(refusal, {"order_id": "1"}).status_code == 422
    assert refuse(refusal).status_code == 422


def test_unavailable_says_when_to_come_back() -> None:
    response = postpone(Unavailable(Reason.OVERLOADED, "too many"))
    assert response.status_code == 503
    assert response.headers["retry-after"] == "1"
