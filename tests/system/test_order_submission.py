"""Limit and market orders through the whole path: posted, matched, answered."""

import subprocess
from collections.abc import Iterator

import pytest

from launcher.supervision.run_file import RunRecord
from tests.support.trader import Trader
from tests.support.waiting import DEADLINE_SECONDS


@pytest.fixture
def alice(exchange: RunRecord) -> Iterator[Trader]:
    with Trader(exchange.gateway_url) as trader:
        yield trader


@pytest.fixture
def bob(exchange: RunRecord) -> Iterator[Trader]:
    with Trader(exchange.gateway_url) as trader:
        yield trader


def test_curl_line_of_the_readme_is_accepted_as_it_stands(exchange: RunRecord) -> None:
    body = (
        '{"symbol":"BTC-USDT","order_type":"limit","side":"buy","price":"60000","quantity":"1.0"}'
    )
    output = subprocess.run(
        ["curl", "-s", "-X", "POST", f"{exchange.gateway_url}/v1/orders",
         "-H", "Content-Type: application/json", "-d", body],
        capture_output=True, text=True, check=True, timeout=DEADLINE_SECONDS,
    ).stdout  # fmt: skip
    assert '"status":"accepted"' in output
    with Trader(exchange.gateway_url) as trader:
        trader.order("sell", "1.0", "60000")


def test_limit_order_rests_until_canceled(alice: Trader) -> None:
    order = alice.order("buy", "2", "1000.5")
    assert (order["status"], order["remaining_quantity"]) == ("open", "2.00000")
    canceled = alice.cancel(order["order_id"])
    assert (canceled.status_code, canceled.json()["status"]) == (200, "canceled")
    again = alice.cancel(order["order_id"])
    assert (again.status_code, again.json()["code"]) == (409, "order_closed")


def test_market_order_trades_at_the_resting_price(alice: Trader, bob: Trader) -> None:
    alice.order("sell", "0.5", "70000")
    taken = bob.order("buy", "0.2")
    assert (taken["status"], taken["average_price"]) == ("filled", "70000.00000000")
    [fill] = taken["fills"]
    assert (fill["price"], fill["quantity"], fill["liquidity"]) == ("70000.00", "0.20000", "taker")
    rest = bob.order("buy", "1")
    assert (rest["status"], rest["filled_quantity"], rest["reason"]) == (
        "expired", "0.30000", "market_remainder",
    )  # fmt: skip


def test_fok_for_more_than_there_is_fills_nothing(alice: Trader, bob: Trader) -> None:
    resting = alice.order("sell", "0.4", "70000")
    killed = bob.order("buy", "0.8", "70000", order_type="fok")
    assert (killed["status"], killed["filled_quantity"]) == ("expired", "0.00000")
    assert alice.cancel(resting["order_id"]).json()["filled_quantity"] == "0.00000"


def test_amended_order_trades_on_its_new_terms(alice: Trader, bob: Trader) -> None:
    resting = alice.order("sell", "0.4", "80000")
    amended = alice.amend(resting["order_id"], price="79000", quantity="0.3")
    assert amended.status_code == 200, amended.text
    taken = bob.order("buy", "0.4", "79000", order_type="ioc")
    assert (taken["filled_quantity"], taken["average_price"]) == ("0.30000", "79000.00000000")


def test_another_accounts_order_cannot_be_canceled(alice: Trader, bob: Trader) -> None:
    resting = alice.order("buy", "1", "900")
    refused = bob.cancel(resting["order_id"])
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown_order")
    assert alice.cancel(resting["order_id"]).status_code == 200


def test_repeat_with_the_same_client_order_id_makes_no_second_order(alice: Trader) -> None:
    body = {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "price": "800",
            "quantity": "1", "client_order_id": "only-once"}  # fmt: skip
    first, second = alice.post(body), alice.post(body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json()["order_id"] == second.json()["order_id"]
    other = alice.post(body | {"quantity": "2"})
    assert (other.status_code, other.json()["code"]) == (422, "client_order_id_reused")
    assert alice.cancel(first.json()["order_id"]).json()["remaining_quantity"] == "0.00000"


def test_price_off_the_grid_names_the_nearest_valid_one(alice: Trader) -> None:
    refused = alice.post(
        {"symbol": "BTC-USDT", "side": "buy", "order_type": "limit", "price": "60000.004",
         "quantity": "1"}
    )  # fmt: skip
    problem = refused.json()
    assert refused.status_code == 422
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert (problem["code"], problem["field"], problem["nearest"], problem["step"]) == (
        "off_tick", "price", "60000.00", "0.01",
    )  # fmt: skip


def test_stop_order_waits_for_its_price_and_then_trades(alice: Trader, bob: Trader) -> None:
    stop = bob.order("buy", "0.1", symbol="SOL-USDT", order_type="stop_loss", stop_price="150")
    assert stop["status"] == "open"
    alice.order("sell", "0.3", "150", symbol="SOL-USDT")
    bob.order("buy", "0.1", symbol="SOL-USDT")
    closed = bob.cancel(stop["order_id"])
    assert (closed.status_code, closed.json()["code"]) == (409, "order_closed")
