"""A Binance gateway that misbehaves on command, and a client that has each order exactly once."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from protocol.headers import FAULT_HEADER
from tests.support.binance import BinanceClient
from tests.support.binance_process import Binance
from tests.support.trader import Trader
from tests.support.waiting import wait_until

RULES = "/v1/admin/faults"
ORDERS = 4
BUY = {"timeInForce": "GTC", "quantity": "0.02", "price": "50000"}
FAULTS: list[dict[str, Any]] = [
    {"fault": "refuse", "status": 503, "every": 3},
    {"fault": "refuse", "status": 429, "every": 2},
    {"fault": "refuse", "status": 500, "every": 3},
    {"fault": "reset", "every": 3},
    {"fault": "lose", "every": 2},
    {"fault": "delay", "milliseconds": 20, "every": 2},
    {"fault": "delay", "milliseconds": 20, "direction": "answer", "distribution": "pareto"},
    {"fault": "halt", "milliseconds": 50, "every": 3},
    {"fault": "restart", "milliseconds": 50, "every": 3, "times": 1},
]
_accounts = count()
WORDS = {429: -1003, 500: -1000, 503: -1001, 400: -1013}
"""What a refusal says, by its status."""
UNKNOWN_ORDER = -2013


@pytest.fixture
def client(binance: Binance) -> Iterator[BinanceClient]:
    """An account that nobody had before."""
    client = BinanceClient(binance.url, f"faulty{next(_accounts)}")
    yield client
    client.close()


@pytest.fixture
def rules(binance: Binance) -> Iterator[str]:
    yield RULES
    while True:
        try:
            binance.http.delete(RULES).raise_for_status()
        except httpx.TransportError:
            continue
        return


def insist(client: BinanceClient, name: str) -> None:
    """What a well-written bot does: it looks for an order without an answer, and sends it again."""
    while True:
        try:
            answer = client.send(
                "POST", "order", symbol="BTCUSDT", side="BUY", type="LIMIT", newClientOrderId=name,
                **BUY,
            )  # fmt: skip
            if answer.is_success:
                return
            assert answer.json()["code"] == WORDS[answer.status_code], answer.text
            assert FAULT_HEADER in answer.headers
        except httpx.TransportError:
            if has_order(client, name):
                return


def has_order(client: BinanceClient, name: str) -> bool:
    while True:
        try:
            answer = client.send("GET", "order", symbol="BTCUSDT", origClientOrderId=name)
        except httpx.TransportError:
            continue
        if answer.is_success or answer.json()["code"] == UNKNOWN_ORDER:
            return answer.is_success


@pytest.mark.parametrize("rule", FAULTS, ids=lambda rule: "-".join(map(str, rule.values())))
def test_orders_come_through_exactly_once(
    binance: Binance, client: BinanceClient, rules: str, rule: dict[str, Any]
) -> None:
    binance.http.post(rules, json=rule | {"route": "POST /api/v3/order"}).raise_for_status()
    names = [f"order-{number}" for number in range(ORDERS)]
    for name in names:
        insist(client, name)
    [counted] = binance.http.get(rules).json()["faults"]
    assert counted["injected"] > 0
    opened = client.get("openOrders", symbol="BTCUSDT")
    assert sorted(each["clientOrderId"] for each in opened) == names
    client.cancel_all()


def test_clock_of_an_answer_is_ahead(binance: Binance, rules: str) -> None:
    before = binance.get("time")["serverTime"]
    rule = {"fault": "skew", "route": "GET /api/v3/time", "milliseconds": 90_000, "times": 1}
    binance.http.post(rules, json=rule).raise_for_status()
    assert 90_000 <= binance.get("time")["serverTime"] - before < 120_000
    assert binance.get("time")["serverTime"] - before < 90_000


def test_stream_that_falls_silent_is_opened_again(
    binance: Binance, trader: Trader, rules: str
) -> None:
    """It hears nothing more, although it is open; another one hears everything."""
    rule = {
        "fault": "silence", "route": "WS /ws/btcusdt@trade", "contains": '"e":"trade"',
        "times": 1, "milliseconds": 600_000,
    }  # fmt: skip
    trader.order("sell", "0.3", "60000.10")
    with binance.connect("/ws/btcusdt@trade") as silent:
        binance.http.post(rules, json=rule).raise_for_status()
        trader.order("buy", "0.1", "60000.10")
        wait_until(lambda: count_injected(binance) == 1, "the first one is silent")
        with binance.connect("/ws/btcusdt@trade") as again:
            trader.order("buy", "0.1", "60000.10")
            assert again.next()["q"] == "0.10000000"
        with pytest.raises(TimeoutError):
            silent.connection.recv(timeout=0)
    assert count_injected(binance) == 1


def count_injected(binance: Binance) -> int:
    [counted] = binance.http.get(RULES).json()["faults"]
    injected: int = counted["injected"]
    return injected
