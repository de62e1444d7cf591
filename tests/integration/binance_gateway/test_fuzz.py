"""Whatever is sent over WebSocket is answered, and never with a fault of ours."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from binance_gateway.calls.registry import BY_NAME
from binance_gateway.streams.requests import StreamFault, read_request
from binance_gateway.words.errors import UNKNOWN
from binance_gateway.ws_api.session_calls import SESSION_METHODS
from tests.support.binance_process import Binance, Socket

TIMES = int(os.environ.get("FUZZ_EXAMPLES", "15")) / 15
"""How many times as many examples as usual."""
METHODS = sorted({*BY_NAME, *SESSION_METHODS})
NAMES = sorted(
    {each.name for route in BY_NAME.values() for each in route.parameters or ()}
    | {"apiKey", "timestamp", "signature", "recvWindow", "returnRateLimits", "subscriptionId"}
)
WORDS = ("BTCUSDT", "BUY", "LIMIT", "GTC", "1m", "60000.1", "0.5", "1", "-1", "0", "true", "", "é")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
parameters = st.dictionaries(
    st.sampled_from(NAMES) | st.text(max_size=10),
    st.sampled_from(WORDS) | json_values,
    max_size=8,
)


@pytest.fixture(scope="module")
def socket(binance: Binance) -> Iterator[Socket]:
    with binance.connect("/ws-api/v3") as socket:
        yield socket


def ask(socket: Socket, text: str) -> Any:
    socket.connection.send(text)
    answer = socket.next()
    assert {"id", "status", "rateLimits"} >= answer.keys() - {"result", "error"}
    assert answer["status"] != UNKNOWN.status, answer
    assert answer.get("error", {}).get("code") != UNKNOWN.code, answer
    return answer


@settings(max_examples=int(400 * TIMES))
@given(st.sampled_from(METHODS), parameters, st.booleans())
def test_every_method_answers_every_parameter(
    socket: Socket, method: str, sent: dict[str, Any], is_signed: bool
) -> None:
    if is_signed:
        sent = {**sent, "symbol": "BTCUSDT"}
    answer = ask(socket, json.dumps({"id": 7, "method": method, "params": sent}))
    assert answer["id"] == 7


@settings(max_examples=int(200 * TIMES))
@given(st.text(max_size=200) | json_values.map(json.dumps))
def test_every_text_is_answered(socket: Socket, text: str) -> None:
    ask(socket, text)


def read_fault(text: str) -> StreamFault | None:
    """Return what a request of streams is told, None if it is one."""
    try:
        read_request(text)
    except StreamFault as fault:
        return fault
    return None


@given(st.text(max_size=200) | json_values.map(json.dumps))
def test_every_text_is_a_request_of_streams_or_a_fault(text: str) -> None:
    read_fault(text)


@given(st.sampled_from(("SUBSCRIBE", "UNSUBSCRIBE", "SET_PROPERTY", "GET_PROPERTY")), json_values)
def test_every_parameter_of_streams_is_read_or_a_fault(method: str, sent: object) -> None:
    fault = read_fault(json.dumps({"method": method, "params": sent, "id": 1}))
    assert fault is None or fault.request_id == 1
