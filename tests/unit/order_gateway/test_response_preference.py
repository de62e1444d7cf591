"""How long an answer waits."""

from typing import Any

import pytest

from edge.turns import Turns
from order_gateway.admission.request_context import RequestContext
from order_gateway.reading.request_schemas import ResponseMode
from order_gateway.reading.response_preference import Preference, read_preference
from protocol.refusal import Refusal

ACK, RESULT, FULL = ResponseMode


async def receive() -> dict[str, Any]:
    raise AssertionError


def make_context(query: str = "", prefer: str | None = None) -> RequestContext:
    headers = [(b"prefer", prefer.encode())] if prefer else []
    scope = {"headers": headers, "path": "/", "query_string": query.encode(), "method": "POST"}
    return RequestContext(scope, receive, "r", Turns(1))


@pytest.mark.parametrize(
    ("query", "prefer", "expected"),
    [("", None, Preference(ACK)), ("response=full", None, Preference(FULL)),
     ("", "wait=5", Preference(RESULT, 5)), ("response=full", "wait=5", Preference(FULL, 5)),
     ("response=ack", "wait=5", Preference(ACK)), ("", "wait=99999", Preference(RESULT, 30)),
     ("", 'respond-async, Wait="7"', Preference(RESULT, 7)), ("", "wait=soon", Preference(ACK)),
     ("", "timing, wait=5", Preference(RESULT, 5, tells_times=True)),
     ("response=full", "timing", Preference(FULL, tells_times=True)),
     ("", "return=minimal", Preference(ACK)), ("", "await=5", Preference(ACK))],
)  # fmt: skip
def test_wait(query: str, prefer: str | None, expected: Preference) -> None:
    request = make_context(query, prefer)
    assert read_preference(request, ACK) == expected
    applied = dict(request.answer_headers).get(b"preference-applied")
    wanted = None if expected.seconds is None else b"wait=%d" % expected.seconds
    assert applied == wanted


@pytest.mark.parametrize(
    "query", ["response=soon", "respnse=ack", "response=ack&response=ack", "a=1&" * 20]
)
def test_query_that_makes_no_sense_is_refused(query: str) -> None:
    with pytest.raises(Refusal):
        read_preference(make_context(query), ACK)
