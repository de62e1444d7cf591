"""REST → Redis → engine → pub/sub → WebSocket."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from launcher.supervision.run_file import RunRecord
from tests.support import http
from tests.support.launched_system import LaunchedSystem, run_command
from tests.support.market_rest import read_market
from tests.support.trader import Trader
from tests.support.waiting import DEADLINE_SECONDS, wait_until

SYMBOL = "ETH-USDT"


@pytest.fixture
def feed(exchange: RunRecord) -> Iterator[ClientConnection]:
    url = exchange.feed_url
    with connect(url) as connection:
        assert json.loads(connection.recv(DEADLINE_SECONDS))["type"] == "connected"
        yield connection


@pytest.fixture
def trader(exchange: RunRecord) -> Iterator[Trader]:
    with Trader(exchange.gateway_url) as trader:
        yield trader


def receive(feed: ClientConnection, kind: str, **expected: Any) -> dict[str, Any]:
    """The next message of `kind` for the symbol whose fields are as expected."""
    while True:
        message = json.loads(feed.recv(DEADLINE_SECONDS))
        if message["type"] != kind or message["data"].get("symbol") != SYMBOL:
            continue
        data: dict[str, Any] = message["data"]
        if all(data.get(name) == value for name, value in expected.items()):
            return data


def test_order_reaches_the_feed(trader: Trader, feed: ClientConnection) -> None:
    resting = trader.order("sell", "1.0", "3000", symbol=SYMBOL)
    update = receive(feed, "l2_update")
    while ["3000.00", "1.0000"] not in update["asks"]:
        update = receive(feed, "l2_update")
    receive(feed, "bbo", ask="3000.00", ask_quantity="1.0000")
    taken = trader.order("buy", "0.6", "3000", symbol=SYMBOL)
    trade = receive(feed, "trade", taker_order_id=taken["order_id"])
    assert trade["maker_order_id"] == resting["order_id"]
    assert (trade["price"], trade["quantity"], trade["aggressor_side"]) == (
        "3000.00", "0.6000", "buy",
    )  # fmt: skip
    assert trade["trade_id"] == taken["fills"][0]["trade_id"]
    receive(feed, "bbo", ask="3000.00", ask_quantity="0.4000")
    trader.cancel(resting["order_id"])


def test_book_over_rest_shows_0_4_after_0_6_of_1_0_traded(
    exchange: RunRecord, trader: Trader
) -> None:
    resting = trader.order("sell", "1.0", "3500", symbol=SYMBOL)
    trader.order("buy", "0.6", "3500", symbol=SYMBOL)

    def read_asks() -> list[list[str]]:
        book = read_market(exchange.market_data_url, f"/v1/orderbook/{SYMBOL}")
        asks: list[list[str]] = book["asks"]
        return asks

    wait_until(lambda: ["3500.00", "0.4000"] in read_asks(), "0.4 is left")
    trader.cancel(resting["order_id"])
    wait_until(lambda: read_asks() == [], "nothing is left")


def test_trades_over_rest_are_those_of_the_fills(exchange: RunRecord, trader: Trader) -> None:
    trader.order("sell", "0.2", "3100", symbol=SYMBOL)
    taken = trader.order("buy", "0.2", "3100", symbol=SYMBOL)
    trade_id = taken["fills"][0]["trade_id"]

    def read_trades() -> list[dict[str, Any]]:
        answer = read_market(exchange.market_data_url, f"/v1/trades/{SYMBOL}")
        trades: list[dict[str, Any]] = answer["trades"]
        return trades

    wait_until(lambda: trade_id in [trade["trade_id"] for trade in read_trades()], "the trade")


def test_every_service_says_it_is_healthy(exchange: RunRecord) -> None:
    def is_healthy(url: str) -> bool:
        answer = httpx.get(f"{url}/health", timeout=20)
        return (answer.status_code, answer.json()["status"]) == (200, "ok")

    for url in (exchange.gateway_url, exchange.market_data_url):
        wait_until(lambda url=url: is_healthy(url), f"{url} is healthy")  # type: ignore[misc]


def test_page_is_served(exchange: RunRecord) -> None:
    answer = http.get(exchange.market_data_url + "/")
    assert answer.headers["content-type"].startswith("text/html")
    assert "/ws/market-data" in answer.text


def test_check_command_says_so_for_each_check(launched: LaunchedSystem) -> None:
    done = run_command(launched.folder, "check")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("passed ") == 4
