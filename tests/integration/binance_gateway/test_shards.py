"""The Binance gateway before several shards: one exchange to its clients."""

import secrets
from collections.abc import Iterator
from typing import Any, TypeAlias

import pytest

from protocol.shards import find_shard
from tests.support import http
from tests.support.binance import BinanceClient
from tests.support.binance_process import Binance, Socket, run_binance
from tests.support.gateway_process import Exchange
from tests.support.sharded_exchange import run_sharded_exchange
from tests.support.shards import SYMBOLS, write_instruments
from tests.support.waiting import wait_until

Json: TypeAlias = dict[str, Any]
NAMES = {shard: symbol.replace("-", "") for shard, symbol in SYMBOLS.items()}
ASSETS = {shard: symbol.partition("-")[0] for shard, symbol in SYMBOLS.items()}
PRICE = {"price": "5.00", "quantity": "1", "timeInForce": "GTC"}


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    with run_sharded_exchange(tmp_path_factory.mktemp("exchange")) as exchange:
        yield exchange


@pytest.fixture(scope="module")
def binance(exchange: Exchange, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Binance]:
    file = write_instruments(tmp_path_factory.mktemp("binance"))
    url = exchange.database_url
    with run_binance(exchange.redis_url, url, INSTRUMENTS_FILE=str(file)) as binance:
        yield binance


@pytest.fixture
def client(exchange: Exchange, binance: Binance) -> Iterator[BinanceClient]:
    """An account of its own, with 1000 USDT and 10 of what is traded there on every shard."""
    account = f"account-{secrets.token_hex(4)}"
    for shard, asset in ASSETS.items():
        for name, amount in (("USDT", "1000"), (asset, "10")):
            body = {"account": account, "asset": name, "amount": amount, "shard": shard}
            answer = http.post(
                f"{exchange.url}/v1/admin/credit", json=body | {"id": f"{account}-{shard}-{name}"}
            )
            assert answer.status_code == 201, answer.text
    client = BinanceClient(binance.url, account)
    yield client
    for name in NAMES.values():
        client.send("DELETE", "openOrders", symbol=name)
    client.close()


def place(client: BinanceClient, shard: int, side: str = "BUY", **more: str) -> Json:
    return client.place(side, "LIMIT", **(PRICE | {"symbol": NAMES[shard]} | more))


def read_usdt(client: BinanceClient) -> Json:
    [found] = [each for each in client.get("account")["balances"] if each["asset"] == "USDT"]
    return {"free": found["free"], "locked": found["locked"]}


def test_symbols_of_all_shards_are_offered(binance: Binance) -> None:
    listed = {each["symbol"]: each["status"] for each in binance.get("exchangeInfo")["symbols"]}
    assert listed == dict.fromkeys(NAMES.values(), "TRADING")
    tickers = binance.get("ticker/bookTicker")
    assert {each["symbol"] for each in tickers} == set(NAMES.values())


@pytest.mark.parametrize("shard", SYMBOLS)
def test_order_is_placed_found_amended_and_canceled_on_its_shard(
    client: BinanceClient, shard: int
) -> None:
    name = {"symbol": NAMES[shard]}
    placed = place(client, shard, newClientOrderId="mine")
    assert find_shard(placed["orderId"]) == shard
    for which in ({"orderId": placed["orderId"]}, {"origClientOrderId": "mine"}):
        found = client.get("order", **name, **which)
        assert (found["orderId"], found["status"]) == (placed["orderId"], "NEW")
    amended = client.send(
        "PUT", "order/amend/keepPriority", **name, orderId=placed["orderId"], newQty="0.5"
    )
    assert amended.json()["amendedOrder"]["qty"] == "0.50000000", amended.text
    canceled = client.send("DELETE", "order", **name, orderId=placed["orderId"]).json()
    assert canceled["status"] == "CANCELED"


def test_same_name_on_two_shards_is_two_orders(client: BinanceClient) -> None:
    placed = {shard: place(client, shard, newClientOrderId="mine") for shard in (1, 2, 3)}
    for shard, order in placed.items():
        found = client.get("order", symbol=NAMES[shard], origClientOrderId="mine")
        assert found["orderId"] == order["orderId"]


def test_open_orders_are_of_one_symbol_or_of_all_shards(client: BinanceClient) -> None:
    for shard in SYMBOLS:
        place(client, shard)
    assert {each["symbol"] for each in client.get("openOrders")} == set(NAMES.values())
    for name in NAMES.values():
        [order] = client.get("openOrders", symbol=name)
        assert order["symbol"] == name
    canceled = client.send("DELETE", "openOrders", symbol=NAMES[2]).json()
    assert [each["symbol"] for each in canceled] == [NAMES[2]]
    assert {each["symbol"] for each in client.get("openOrders")} == {NAMES[1], NAMES[3]}


def test_orders_and_trades_of_a_symbol_are_listed(client: BinanceClient) -> None:
    for shard in SYMBOLS:
        place(client, shard, price="7.00", quantity="2")
        place(client, shard, "SELL", price="7.00", quantity="2")
    for shard, name in NAMES.items():
        client.get("openOrders")  # waits for the archive
        orders = client.get("allOrders", symbol=name)
        assert [find_shard(order["orderId"]) for order in orders] == [shard] * 2
        later = client.get("allOrders", symbol=name, orderId=orders[0]["orderId"] + 1)
        assert [order["orderId"] for order in later] == [orders[1]["orderId"]]
        trades = client.get("myTrades", symbol=name)
        assert {trade["orderId"] for trade in trades} == {each["orderId"] for each in orders}


def test_balances_are_sums_over_the_shards(client: BinanceClient) -> None:
    for shard in (1, 2):
        place(client, shard, price="100.00", quantity="2")
    client.get("openOrders")
    # it opens on shard 1 with 100000, unless an order or a credit has done so before
    before = read_usdt(client)
    assert before["locked"] == "400.00000000"
    place(client, 3, price="100.00")
    client.get("openOrders")
    after = read_usdt(client)
    assert float(before["free"]) - float(after["free"]) == 100
    assert after["locked"] == "500.00000000"


def test_list_is_entered_and_canceled_on_its_shard(client: BinanceClient) -> None:
    entered = client.send(
        "POST", "orderList/oco", symbol=NAMES[3], side="SELL", quantity="1",
        aboveType="LIMIT_MAKER", abovePrice="900.000", belowType="STOP_LOSS",
        belowStopPrice="1.000",
    ).json()  # fmt: skip
    number = entered["orderListId"]
    assert find_shard(number) == 3
    assert [each["orderListId"] for each in client.get("openOrderList")] == [number]
    canceled = client.send("DELETE", "orderList", symbol=NAMES[3], orderListId=number).json()
    assert canceled["listStatusType"] == "ALL_DONE"


def test_order_is_replaced_on_its_shard(client: BinanceClient) -> None:
    first = place(client, 2)
    replaced = client.send(
        "POST", "order/cancelReplace", symbol=NAMES[2], side="BUY", type="LIMIT", **PRICE,
        cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=first["orderId"],
    ).json()  # fmt: skip
    assert replaced["cancelResult"] == replaced["newOrderResult"] == "SUCCESS", replaced
    assert find_shard(replaced["newOrderResponse"]["orderId"]) == 2


def read_until(socket: Socket, count: int, kind: str) -> list[Json]:
    """Read until there are as many events of a kind; return all."""
    events: list[Json] = []
    while sum(event["e"] == kind for event in events) < count:
        events.append(socket.next())
    return events


def test_user_stream_tells_of_every_shard_in_its_order(
    client: BinanceClient, binance: Binance
) -> None:
    place(client, 2, price="3.00")  # opens nothing more, and stands behind what is told
    key = client.ask("POST", "userDataStream").json()["listenKey"]
    usdt = read_usdt(client)
    with binance.connect(f"/ws/{key}") as socket:
        for shard in (3, 1, 2, 3):
            place(client, shard, newClientOrderId=f"{shard}-{secrets.token_hex(2)}")
        events = read_until(socket, 4, "outboundAccountPosition")
        orders = [event for event in events if event["e"] == "executionReport"]
        assert sorted(event["s"] for event in orders) == sorted(
            [NAMES[3], NAMES[1], NAMES[2], NAMES[3]]
        )
        of_shard = [event["i"] for event in orders if event["s"] == NAMES[3]]
        assert of_shard == sorted(of_shard)
        locked = [
            balance["l"]
            for event in events
            if event["e"] == "outboundAccountPosition"
            for balance in event["B"]
            if balance["a"] == "USDT"
        ]
        first = float(usdt["locked"])
        assert [float(text) for text in locked] == [first + 5 * number for number in range(1, 5)]
        for shard in SYMBOLS:
            client.send("DELETE", "openOrders", symbol=NAMES[shard])
        told = read_until(socket, 5, "executionReport")
        assert {event["X"] for event in told if event["e"] == "executionReport"} == {"CANCELED"}


def test_market_streams_are_of_every_shard(client: BinanceClient, binance: Binance) -> None:
    names = [name.lower() for name in NAMES.values()]
    streams = [f"{name}@{kind}" for name in names for kind in ("trade", "depth@100ms")]
    with binance.connect(f"/stream?streams={'/'.join(streams)}") as socket:
        for shard in SYMBOLS:
            place(client, shard, price="9.00")
            place(client, shard, "SELL", price="9.00")
        heard: set[str] = set()
        while heard != set(streams):
            heard.add(socket.next()["stream"])
    for name in NAMES.values():
        [trade] = binance.get("trades", symbol=name, limit=1)
        assert trade["price"] == "9.00000000"


def test_health_is_of_every_shard(binance: Binance) -> None:
    wait_until(binance.is_healthy, "all are in sync")
    assert http.get(f"{binance.url}/readyz").json()["status"] == "ready"
