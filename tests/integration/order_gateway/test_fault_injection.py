"""A gateway that misbehaves on command, and clients that come through with the right position."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from protocol.headers import ACCOUNT_HEADER, FAULT_HEADER
from tests.support import http
from tests.support.gateway_process import Exchange, run_exchange
from tests.support.redis_server import run_redis

ORDER = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1", "price": "9"}
ORDERS = 12
FAULTS = [
    {"fault": "refuse", "status": 503, "every": 3},
    {"fault": "refuse", "status": 429, "every": 2},
    {"fault": "refuse", "status": 500, "every": 4},
    {"fault": "reset", "every": 3},
    {"fault": "lose", "every": 3},
    {"fault": "delay", "milliseconds": 20, "every": 3},
    {"fault": "delay", "milliseconds": 20, "direction": "answer", "distribution": "pareto"},
]


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    folder: Path = tmp_path_factory.mktemp("faults")
    with run_redis(folder) as url, run_exchange(url, folder, FAULTS="on") as exchange:
        yield exchange


@pytest.fixture
def rules(exchange: Exchange) -> Iterator[str]:
    url = f"{exchange.url}/v1/admin/faults"
    yield url
    http.delete(url).raise_for_status()


def insist(exchange: Exchange, account: str, name: str) -> None:
    """What a well-written bot does: the same order under the same name until it is told of it."""
    body = ORDER | {"client_order_id": name}
    headers = {ACCOUNT_HEADER: account}
    while True:
        try:
            answer = http.post(
                f"{exchange.url}/v1/orders?response=full", json=body, headers=headers
            )
        except httpx.TransportError:
            continue
        if answer.is_success:
            return
        assert answer.status_code in {429, 500, 503}
        assert FAULT_HEADER in answer.headers


@pytest.mark.parametrize("rule", FAULTS, ids=lambda rule: "-".join(map(str, rule.values())))
def test_orders_come_through_exactly_once(
    exchange: Exchange, rules: str, rule: dict[str, Any]
) -> None:
    account = "-".join(str(value) for value in rule.values()).replace(".", "")
    added = http.post(rules, json=rule | {"route": "POST /v1/orders", "account": account})
    assert added.status_code == 201, added.text
    for number in range(ORDERS):
        insist(exchange, account, f"order-{number}")
    [counted] = http.get(rules).json()["faults"]
    assert counted["injected"] > 0
    headers = {ACCOUNT_HEADER: account}
    page = http.get(f"{exchange.url}/v1/orders?status=open", headers=headers).json()
    assert sorted(each["client_order_id"] for each in page["orders"]) == sorted(
        f"order-{number}" for number in range(ORDERS)
    )


def test_orders_meet_a_halt_and_cancels_pass(exchange: Exchange, rules: str) -> None:
    headers = {ACCOUNT_HEADER: "halted"}
    with httpx.Client(base_url=exchange.url, headers=headers, timeout=30) as client:
        order = client.post("/v1/orders?response=full", json=ORDER).json()
        rule = {"fault": "halt", "account": "halted", "milliseconds": 600_000, "times": 1}
        added = http.post(rules, json=rule).json()
        path = f"/v1/orders/{order['order_id']}"
        refused = [
            client.post("/v1/orders", json=ORDER),
            client.post("/v1/orders/batch", json={"orders": [ORDER]}),
            client.patch(path, json={"quantity": "0.5"}),
        ]
        assert {answer.json()["code"] for answer in refused} == {"instrument_halted"}
        assert {answer.headers[FAULT_HEADER] for answer in refused} == {f"{added['id']}-1"}
        assert client.get(path).json()["quantity"] == order["quantity"]
        assert client.delete(path).json()["status"] == "canceled"
        http.delete(rules).raise_for_status()
        assert client.post("/v1/orders?response=full", json=ORDER).json()["status"] == "open"
        client.delete("/v1/orders").raise_for_status()


def test_others_meet_nothing(exchange: Exchange, rules: str) -> None:
    http.post(rules, json={"fault": "reset", "account": "bob"}).raise_for_status()
    insist(exchange, "carol", "one")
    [counted] = http.get(rules).json()["faults"]
    assert counted["matched"] == 0


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"fault": "explode"}, "fault"),
        ({"fault": "reset", "every": 0}, "every"),
        ({"fault": "refuse", "status": 404}, "status"),
        ({"fault": "reset", "probabilty": 0.5}, "probabilty"),
    ],
)
def test_bad_rule_is_explained(rules: str, rule: dict[str, Any], words: str) -> None:
    problem = http.post(rules, json=rule).json()
    assert problem["code"] == "invalid_request"
    assert words in problem["detail"]


def test_form_of_a_page_sets_no_faults(rules: str) -> None:
    text = '{"fault": "reset"}'
    answer = http.post(rules, content=text, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415
