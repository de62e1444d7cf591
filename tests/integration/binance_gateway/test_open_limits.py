"""Limits of what an account may have open, where the settings have them."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from tests.support.binance import BinanceClient
from tests.support.binance_process import Binance, run_binance
from tests.support.gateway_process import Exchange

_accounts = count()
LIMITS = {
    "BINANCE_MAX_NUM_ORDERS": "4", "BINANCE_MAX_NUM_ALGO_ORDERS": "2",
    "BINANCE_MAX_NUM_ICEBERG_ORDERS": "1", "BINANCE_MAX_NUM_ORDER_LISTS": "1",
    "BINANCE_MAX_NUM_ORDER_AMENDS": "2", "BINANCE_REQUEST_WEIGHT": "0",
    "BINANCE_CONNECTIONS": "0", "BINANCE_MAX_POSITION": "ETH=1",
}  # fmt: skip
LIMIT: dict[str, Any] = {"timeInForce": "GTC", "quantity": "0.02", "price": "30000"}
STOP: dict[str, Any] = {"quantity": "0.02", "stopPrice": "90000"}
OCO: dict[str, Any] = {
    "side": "SELL", "quantity": "0.02", "aboveType": "LIMIT_MAKER", "abovePrice": "95000",
    "belowType": "STOP_LOSS", "belowStopPrice": "20000",
}  # fmt: skip


@pytest.fixture(scope="module")
def limited(exchange: Exchange) -> Iterator[Binance]:
    """A service of its own, which lets little be open."""
    with run_binance(exchange.redis_url, exchange.database_url, **LIMITS) as service:
        yield service


@pytest.fixture
def client(limited: Binance) -> Iterator[BinanceClient]:
    """Return an account that nobody had before; it leaves nothing on the book."""
    client = BinanceClient(limited.url, f"limited{next(_accounts)}")
    yield client
    client.cancel_all()
    client.close()


def refuse(client: BinanceClient, path: str, **parameters: Any) -> tuple[int, str]:
    answer = client.send("POST", path, symbol="BTCUSDT", **parameters)
    assert answer.status_code == 400, answer.text
    body = answer.json()
    return body["code"], body["msg"]


def test_limits_stand_among_the_filters(limited: Binance) -> None:
    filters = limited.get("exchangeInfo", symbol="BTCUSDT")["symbols"][0]["filters"]
    assert [tuple(each.values()) for each in filters[-5:]] == [
        ("MAX_NUM_ORDERS", 4), ("MAX_NUM_ALGO_ORDERS", 2), ("MAX_NUM_ICEBERG_ORDERS", 1),
        ("MAX_NUM_ORDER_LISTS", 1), ("MAX_NUM_ORDER_AMENDS", 2),
    ]  # fmt: skip


def test_one_order_more_than_may_be_open_is_refused(client: BinanceClient) -> None:
    placed = [client.place("BUY", "LIMIT", **LIMIT) for _ in range(4)]
    new = {"side": "BUY", "type": "LIMIT", **LIMIT}
    too_many = (-1013, "Filter failure: MAX_NUM_ORDERS")
    assert refuse(client, "order", **new) == too_many
    at_once = client.place("BUY", "LIMIT", **LIMIT | {"timeInForce": "IOC"})
    assert at_once["status"] == "EXPIRED"
    for name, value in (
        ("cancelOrderId", placed[0]["orderId"]),
        ("cancelOrigClientOrderId", placed[1]["clientOrderId"]),
    ):
        replaced = client.send(
            "POST", "order/cancelReplace", symbol="BTCUSDT", cancelReplaceMode="STOP_ON_FAILURE",
            **new, **{name: value},
        )  # fmt: skip
        assert replaced.status_code == 200, replaced.text
    assert len(client.get("openOrders")) == 4
    client.send("DELETE", "order", symbol="BTCUSDT", orderId=placed[2]["orderId"])
    client.place("BUY", "LIMIT", **LIMIT)
    assert refuse(client, "order", **new) == too_many


def test_stops_icebergs_and_lists_have_limits_of_their_own(client: BinanceClient) -> None:
    client.place("BUY", "LIMIT", **LIMIT, icebergQty="0.01")
    iceberg = {"side": "BUY", "type": "LIMIT", **LIMIT, "icebergQty": "0.01"}
    assert refuse(client, "order", **iceberg)[1] == "Filter failure: MAX_NUM_ICEBERG_ORDERS"
    listed = client.send("POST", "orderList/oco", symbol="BTCUSDT", **OCO)
    assert listed.status_code == 200, listed.text
    client.cancel_all()
    for _ in range(2):
        client.place("BUY", "STOP_LOSS", **STOP)
    stop = {"side": "BUY", "type": "STOP_LOSS", **STOP}
    assert refuse(client, "order", **stop)[1] == "Filter failure: MAX_NUM_ALGO_ORDERS"
    assert refuse(client, "orderList/oco", **OCO)[1] == "Filter failure: MAX_NUM_ALGO_ORDERS"
    client.cancel_all()
    oto = {
        "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "30000",
        "workingQuantity": "0.02", "workingTimeInForce": "GTC", "pendingType": "LIMIT_MAKER",
        "pendingSide": "SELL", "pendingPrice": "95000", "pendingQuantity": "0.01",
    }  # fmt: skip
    client.send("POST", "orderList/oto", symbol="BTCUSDT", **oto)
    assert refuse(client, "orderList/oto", **oto)[1] == "Filter failure: MAX_NUM_ORDER_LISTS"


def test_more_than_the_position_is_not_bought(limited: Binance, client: BinanceClient) -> None:
    symbols = limited.get("exchangeInfo")["symbols"]
    positions = {each["symbol"]: each["filters"][-1].get("maxPosition") for each in symbols}
    assert positions == {"BTCUSDT": None, "ETHUSDT": "1.00000000", "SOLUSDT": None}

    def send(side: str, quantity: str) -> Any:
        price = "100" if side == "BUY" else "9000"
        return client.send(
            "POST", "order", symbol="ETHUSDT", side=side, type="LIMIT", timeInForce="GTC",
            quantity=quantity, price=price,
        ).json()  # fmt: skip

    assert send("BUY", "0.6")["status"] == "NEW"
    refused = {"code": -1013, "msg": "Filter failure: MAX_POSITION"}
    assert send("BUY", "0.5") == refused
    assert send("SELL", "0.5")["status"] == "NEW"
    assert send("BUY", "0.5") == refused
    assert send("BUY", "0.4")["status"] == "NEW"
    client.send("DELETE", "openOrders", symbol="ETHUSDT")


def test_order_is_amended_so_often_and_no_more(client: BinanceClient) -> None:
    number = client.place("BUY", "LIMIT", **LIMIT)["orderId"]

    def amend(quantity: str, **which: Any) -> Any:
        return client.send(
            "PUT", "order/amend/keepPriority", symbol="BTCUSDT", newQty=quantity, **which
        ).json()

    assert "amendedOrder" in amend("0.019", orderId=number)
    last = amend("0.018", orderId=number, newClientOrderId="twice")
    assert last["amendedOrder"]["clientOrderId"] == "twice"
    refused = {"code": -2038, "msg": "Filter failure: MAX_NUM_ORDER_AMENDS"}
    assert amend("0.017", orderId=number) == refused
    assert amend("0.017", origClientOrderId="twice") == refused
    assert amend("0.017", orderId=1)["code"] == -2011
