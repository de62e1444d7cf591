"""Whatever is sent to any call: an answer in Binance's form, and no fault of ours."""

import os
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from binance_gateway.calls.call import Route
from binance_gateway.calls.registry import ROUTES
from tests.support.binance import BinanceClient

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
"""Of each call."""
LIKELY = (
    "BTCUSDT", "ETHUSDT", "BUY", "SELL", "LIMIT", "MARKET", "LIMIT_MAKER", "STOP_LOSS",
    "STOP_LOSS_LIMIT", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT", "GTC", "IOC", "FOK", "0.01", "60000",
    "0", "1", "5", "1000", "60000.1", "1769000000000", "true", "FALSE", "1m", "1d", "FULL", "ACK",
    "NONE", "DECREMENT", "ONLY_NEW", "ALLOW_FAILURE", "STOP_ON_FAILURE", '["BTCUSDT"]', "[]",
    "TRADING",
    "99999999999999999999", "9223372036854775807", "0.00000001", "",
)  # fmt: skip
VALUES = st.sampled_from(LIKELY) | st.text(max_size=40)


def make_parameters(route: Route) -> st.SearchStrategy[dict[str, str]]:
    """Return some of the call's parameters, sometimes with one that it does not know."""
    optional: Mapping[Any, st.SearchStrategy[str]] = {
        parameter.name: VALUES for parameter in route.parameters or ()
    }
    unknown: Mapping[Any, st.SearchStrategy[str]] = {"unknown": VALUES}
    return st.fixed_dictionaries({}, optional=dict(optional) | dict(unknown))


@pytest.mark.parametrize(
    "route",
    [route for route in ROUTES if route.path],
    ids=lambda route: f"{route.method} {route.path}",
)
def test_call_answers_whatever_it_is_sent(exchange_url: str, route: Route) -> None:
    client = BinanceClient(exchange_url, "fuzzer")
    assert route.method is not None
    assert route.path is not None
    method, path = route.method, route.path

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(make_parameters(route))
    def send(parameters: dict[str, str]) -> None:
        signed = route.security.is_signed
        answer = (client.send if signed else client.ask)(method, path, **parameters)
        assert answer.status_code < 500, answer.text
        body = answer.json()
        if answer.status_code >= 400:
            assert isinstance(body["code"], int)
            assert -5000 < body["code"] <= -1000
            assert body["msg"]

    send()
    client.close()
