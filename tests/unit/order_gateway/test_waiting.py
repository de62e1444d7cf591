"""How long an answer waits."""

from typing import Any

import pytest

from order_gateway.admission.request_context import Call
from order_gateway.reading.request_schemas import ResponseMode
from order_gateway.reading.waiting import Waiting, read_waiting
from protocol.refusal import Refusal

ACK, RESULT, FULL = ResponseMode


async def receive() -> dict[str, Any]:
    raise AssertionError


def make_call(query: str = "", prefer: str | None = None) -> Call:
    headers = [(b"prefer", prefer.encode())] if prefer else []
    scope = {"headers": headers, "path": "/", "query_string": query.encode(), "method": "POST"}
    return Call(scope, receive, "r")


@pytest.mark.parametrize(
    ("query", "prefer", "expected"),
    [("", None, Waiting(ACK)), ("response=full", None, Waiting(FULL)),
     ("", "wait=5", Waiting(RESULT, 5)), ("response=full", "wait=5", Waiting(FULL, 5)),
     ("response=ack", "wait=5", Waiting(ACK)), ("", "wait=99999", Waiting(RESULT, 30)),
     ("", 'respond-async, Wait="7"', Waiting(RESULT, 7)), ("", "wait=soon", Waiting(ACK)),
     ("", "return=minimal", Waiting(ACK)), ("", "await=5", Waiting(ACK))],
)  # fmt: skip
def test_wait(query: str, prefer: str | None, expected: Waiting) -> None:
    call = make_call(query, prefer)
    assert read_waiting(call, ACK) == expected
    applied = dict(call.answer_headers).get(b"preference-applied")
    wanted = None if expected.seconds is None else b"wait=%d" % expected.seconds
    assert applied == wanted


@pytest.mark.parametrize(
    "query", ["response=soon", "respnse=ack", "response=ack&response=ack", "a=1&" * 20]
)
def test_query_that_makes_no_sense_is_refused(query: str) -> None:
    with pytest.raises(Refusal):
        read_waiting(make_call(query), ACK)
