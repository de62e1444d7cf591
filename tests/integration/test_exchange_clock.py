"""All services of an exchange with a manual clock go by it, and no time passes for them else."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.storage.state import Birth
from protocol.channels import JOURNAL
from protocol.exchange_clock import MANUAL_START, ClockMode
from protocol.headers import ACCOUNT_HEADER, ADVANCE_HEADER
from protocol.signing import sign
from protocol.timestamps import now_in_microseconds
from tests.integration.order_gateway.test_exchange import KEYS, SECRET, SIGNING
from tests.support import http
from tests.support.gateway_process import Exchange, run_exchange, run_workers
from tests.support.market_data import Json, MarketData, run_market_data
from tests.support.redis_client import open_redis
from tests.support.redis_server import run_redis
from tests.support.waiting import wait_until

_names = count(1)
HOUR = "2026-01-01T01:00:00.000000Z"


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    manual = Birth(ClockMode.parse("manual"))
    with (
        run_redis(tmp_path) as redis_url,
        run_exchange(redis_url, tmp_path, birth=manual) as exchange,
    ):
        yield exchange


@pytest.fixture
def feed(exchange: Exchange) -> Iterator[MarketData]:
    with run_market_data(exchange.redis_url, DATABASE_URL=exchange.database_url) as feed:
        yield feed


def advance(exchange: Exchange, duration: str) -> Json:
    answer = http.post(f"{exchange.url}/v1/admin/clock", json={"advance": duration})
    body: Json = answer.json()
    return body


def send(exchange: Exchange, account: str, side: str, **more: Any) -> Json:
    order = {"symbol": "BTC-USDT", "side": side, "order_type": "limit", "quantity": "1"} | more
    url = f"{exchange.url}/v1/orders?response=full"
    body: Json = http.post(url, json=order, headers={ACCOUNT_HEADER: account}).json()
    return body


def trade(exchange: Exchange, price: str) -> None:
    send(exchange, "maker", "sell", price=price)
    assert send(exchange, "taker", "buy", price=price)["status"] == "filled"


def wait_for_feed(feed: MarketData, timestamp: str) -> None:
    wait_until(lambda: feed.get("/health")["timestamp"] == timestamp, "the feed's time is there")


def test_answer_comes_when_what_was_due_has_happened(exchange: Exchange) -> None:
    clock = http.get(f"{exchange.url}/v1/clock").json()
    assert (clock["mode"], clock["timestamp"]) == ("manual", "2026-01-01T00:00:00.000000Z")
    order = send(exchange, "alice", "buy", price="100")
    headers = {ACCOUNT_HEADER: "alice"}
    http.post(f"{exchange.url}/v1/cancel-after", json={"seconds": 90}, headers=headers)
    assert advance(exchange, "1h") == {"mode": "manual", "timestamp": HOUR}
    orders = http.get(f"{exchange.url}/v1/orders/{order['order_id']}", headers=headers).json()
    assert (orders["status"], orders["updated_at"]) == (
        "canceled", "2026-01-01T00:01:30.000000Z",
    )  # fmt: skip


def test_candles_and_the_last_day_follow_the_clock(exchange: Exchange, feed: MarketData) -> None:
    trade(exchange, "100")
    assert advance(exchange, "61m")["timestamp"] == "2026-01-01T01:01:00.000000Z"
    trade(exchange, "110")
    wait_for_feed(feed, "2026-01-01T01:01:00.000000Z")
    hours = feed.get("/v1/candles/BTC-USDT?interval=1h")["candles"]
    assert [(each["start"], each["close"], each["is_closed"]) for each in hours] == [
        ("2026-01-01T00:00:00.000000Z", "100.00", True),
        (HOUR, "110.00", False),
    ]
    assert feed.get("/v1/ticker/BTC-USDT")["trades"] == 2
    advance(exchange, "23h30m")
    wait_for_feed(feed, "2026-01-02T00:31:00.000000Z")
    assert feed.get("/v1/ticker/BTC-USDT")["trades"] == 1
    advance(exchange, "1d")
    wait_for_feed(feed, "2026-01-03T00:31:00.000000Z")
    assert feed.get("/v1/ticker/BTC-USDT")["trades"] == 0


@pytest.mark.parametrize("duration", ["1 hour", "", "1.5h", "367d", "-1h"])
def test_bad_duration_is_explained(exchange: Exchange, duration: str) -> None:
    problem = advance(exchange, duration)
    assert (problem["status"], problem["code"], problem["field"]) == (
        422, "invalid_duration", "advance",
    )  # fmt: skip
    assert "such as 90s, 15m, 1h30m" in problem["detail"]


@pytest.mark.parametrize(
    ("read_clock", "status"),
    [(lambda: MANUAL_START, 200), (now_in_microseconds, 200), (lambda: 2 * MANUAL_START, 401)],
    ids=["exchange's clock", "wall clock", "neither"],
)
def test_signature_may_have_the_time_of_either_clock(
    exchange: Exchange, read_clock: Callable[[], int], status: int
) -> None:
    timestamp = str(read_clock() // 1000)
    headers = {
        "X-API-Key": SIGNING,
        "X-Timestamp": timestamp,
        "X-Signature": sign(SECRET, timestamp, "GET", "/v1/orders"),
    }
    database = exchange.database_url
    with run_workers(
        exchange.redis_url, DATABASE_URL=database, API_KEYS=KEYS, RECEIVE_WINDOW_MS="60000"
    ) as (url, _):
        wait_until(lambda: "manual" in http.get(f"{url}/v1/clock").text, "the clock is known")
        answer = http.get(f"{url}/v1/orders", headers=headers)
        assert answer.status_code == status, answer.text


def test_exchange_that_is_no_tests_own_does_not_begin_anew(exchange: Exchange) -> None:
    problem = http.post(f"{exchange.url}/v1/admin/reset").json()
    assert (problem["status"], problem["code"]) == (409, "not_ephemeral")


def order(exchange: Exchange, advance: str | None, **headers: str) -> httpx.Response:
    order = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "quantity": "1"}
    order |= {"price": "9", "client_order_id": f"order-{next(_names)}"}
    named = headers if advance is None else headers | {ADVANCE_HEADER: advance}
    url = f"{exchange.url}/v1/orders?response=full"
    return http.post(url, json=order, headers=named)


def test_clock_moves_before_a_change_in_the_same_commit(exchange: Exchange) -> None:
    advance(exchange, "1s")
    before = read_commits(exchange)
    answer = order(exchange, "59m59s")
    assert (answer.headers[ADVANCE_HEADER], answer.json()["timestamp"]) == ("59m59s", HOUR)
    assert read_commits(exchange) == before + 1
    assert http.get(f"{exchange.url}/v1/clock").json()["timestamp"] == HOUR


def test_what_is_due_before_a_change_has_happened_then(exchange: Exchange) -> None:
    headers = {ACCOUNT_HEADER: "alice"}
    resting = order(exchange, None, **headers).json()["order_id"]
    http.post(f"{exchange.url}/v1/cancel-after", json={"seconds": 90}, headers=headers)
    assert order(exchange, "1h", **headers).json()["timestamp"] == HOUR
    found = http.get(f"{exchange.url}/v1/orders/{resting}", headers=headers).json()
    assert (found["status"], found["updated_at"]) == ("canceled", "2026-01-01T00:01:30.000000Z")


@pytest.mark.parametrize(
    ("duration", "more", "status", "code"),
    [
        ("1 hour", {}, 422, "invalid_duration"),
        ("1s", {"Idempotency-Key": "a"}, 422, "invalid_request"),
    ],
)
def test_move_that_cannot_go_with_a_change_is_explained(
    exchange: Exchange, duration: str, more: dict[str, str], status: int, code: str
) -> None:
    answer = order(exchange, duration, **more)
    problem = answer.json()
    assert (problem["status"], problem["code"], problem["field"]) == (status, code, ADVANCE_HEADER)
    assert ADVANCE_HEADER not in answer.headers
    assert http.get(f"{exchange.url}/v1/clock").json()["timestamp"].endswith("T00:00:00.000000Z")


def test_question_moves_no_clock(exchange: Exchange) -> None:
    problem = http.get(f"{exchange.url}/v1/orders", headers={ADVANCE_HEADER: "1s"}).json()
    assert (problem["status"], problem["field"]) == (422, ADVANCE_HEADER)


LIMIT = {"symbol": "BTC-USDT", "order_type": "limit", "quantity": "1"}
STEPS: list[Json] = [
    {"account": "maker", "orders": [LIMIT | {"side": "sell", "price": "100"}]},
    {"account": "taker", "advance": "59m", "orders": [LIMIT | {"side": "buy", "price": "100"}]},
    {"account": "taker", "advance": "1m", "orders": []},
]


def take_steps(exchange: Exchange, steps: list[Json], **headers: str) -> Json:
    url = f"{exchange.url}/v1/admin/steps"
    body: Json = http.post(url, json={"steps": steps}, headers=headers).json()
    return body


def test_steps_of_several_accounts_happen_each_at_its_own_time(exchange: Exchange) -> None:
    before = read_commits(exchange)
    assert take_steps(exchange, STEPS) == {"mode": "manual", "timestamp": HOUR, "orders": 2}
    assert read_commits(exchange) == before + 3
    for account, status, updated_at in (("maker", "filled", "59"), ("taker", "filled", "59")):
        url = f"{exchange.url}/v1/orders"
        headers = {ACCOUNT_HEADER: account}
        wait_until(lambda: http.get(url, headers=headers).json()["orders"], "it is archived")  # noqa: B023
        [found] = http.get(url, headers=headers).json()["orders"]
        assert (found["status"], found["updated_at"][14:16]) == (status, updated_at)


def test_steps_are_not_taken_if_one_is_not_valid(exchange: Exchange) -> None:
    before = read_commits(exchange)
    for step, code, field in (
        ({"orders": [LIMIT | {"side": "buy"}]}, "price_required", "steps[2].price"),
        ({"account": "a b"}, "invalid_account", "steps[2].account"),
        ({"advance": "soon"}, "invalid_duration", "steps[2].advance"),
        ({"orders": LIMIT}, "invalid_type", "orders"),
        ({"wait": "1s"}, "unknown_field", "wait"),
    ):
        problem = take_steps(exchange, [*STEPS[:2], STEPS[2] | step])
        assert (problem["code"], problem["field"]) == (code, field)
    for steps in ([], STEPS[2:], [STEPS[0]] * 501):  # there are one order to five hundred
        assert take_steps(exchange, steps)["field"] == "steps"
    for name in ("Idempotency-Key", ADVANCE_HEADER):  # with which they might come again
        problem = take_steps(exchange, STEPS, **{name: "1s"})
        assert (problem["status"], problem["code"]) == (422, "invalid_request")
    assert read_commits(exchange) == before


def read_commits(exchange: Exchange) -> int:
    with open_redis(exchange.redis_url) as client:
        return int(client.xlen(JOURNAL))
