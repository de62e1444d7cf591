"""binance-connector: everything by REST, parameters in the query."""

from decimal import Decimal
from typing import Any

from binance.error import ClientError
from binance.spot import Spot

from tests.clients.scenarios.recipes import Names, expect, run_recipes

SYMBOL = "BTCUSDT"
LIMIT = {"type": "LIMIT", "timeInForce": "GTC"}


def trade(mine: Names, other: Names) -> None:
    """Run everything, one part after the other."""
    client, counterparty = mine["client"], other["client"]
    check_start(client)
    check_orders(client, counterparty)
    check_lists(client)
    check_errors(client, counterparty)


def check_start(client: Spot) -> None:
    assert client.ping() == {}
    assert client.time()["serverTime"] > 0
    [symbol] = client.exchange_info(SYMBOL)["symbols"]
    assert (symbol["baseAsset"], symbol["quoteAsset"]) == ("BTC", "USDT")
    assert client.exchange_info(symbols=["BTCUSDT", "ETHUSDT"])["symbols"][1]["symbol"] == "ETHUSDT"
    account = client.account()
    assert {each["asset"]: each["free"] for each in account["balances"]}["BTC"] == "100.00000000"
    assert client.query_commission_rates(SYMBOL)["standardCommission"]["maker"] == "0.00100000"
    assert client.get_order_rate_limit()[0]["rateLimitType"] == "ORDERS"
    key = client.new_listen_key()["listenKey"]
    assert client.renew_listen_key(key) == {}
    assert client.close_listen_key(key) == {}


def check_orders(client: Spot, counterparty: Spot) -> None:
    test: dict[str, Any] = LIMIT | {"quantity": 0.01, "price": 60000.1}
    assert client.new_order_test(SYMBOL, "BUY", **test) == {}
    resting = client.new_order(SYMBOL, "BUY", **test, newClientOrderId="mine_1")
    assert (resting["status"], resting["fills"]) == ("NEW", [])
    sale = counterparty.new_order(
        SYMBOL, "SELL", type="LIMIT", timeInForce="IOC", quantity=0.004, price=60000
    )
    assert (sale["status"], sale["fills"][0]["price"]) == ("FILLED", "60000.10000000")
    found = client.get_order(SYMBOL, origClientOrderId="mine_1")
    assert (found["status"], found["executedQty"]) == ("PARTIALLY_FILLED", "0.00400000")
    [opened] = client.get_open_orders(SYMBOL)
    assert opened == found
    assert client.cancel_order(SYMBOL, orderId=found["orderId"])["status"] == "CANCELED"
    assert client.get_open_orders() == []
    counterparty.new_order(SYMBOL, "SELL", **LIMIT, quantity=1, price=60000)
    killed = client.new_order(
        SYMBOL, "BUY", type="LIMIT", timeInForce="FOK", quantity=2, price=60000
    )
    assert (killed["status"], killed["executedQty"]) == ("EXPIRED", "0.00000000")
    market = client.new_order(SYMBOL, "BUY", type="MARKET", quantity=0.5)
    assert Decimal(market["cummulativeQuoteQty"]) == 30_000
    counterparty.cancel_open_orders(SYMBOL)
    first = client.new_order(SYMBOL, "BUY", type="LIMIT_MAKER", quantity=0.1, price=49000)
    replaced = client.cancel_and_replace(
        SYMBOL, "BUY", "LIMIT_MAKER", "STOP_ON_FAILURE", cancelOrderId=first["orderId"],
        quantity=0.1, price=50000,
    )  # fmt: skip
    assert replaced["cancelResponse"]["orderId"] == first["orderId"]
    client.new_order(
        SYMBOL, "SELL", type="STOP_LOSS_LIMIT", timeInForce="GTC", quantity=0.1, price=40000,
        stopPrice=41000,
    )  # fmt: skip
    assert [order["type"] for order in client.cancel_open_orders(SYMBOL)] == [
        "LIMIT_MAKER", "STOP_LOSS_LIMIT",
    ]  # fmt: skip
    orders = client.get_orders(SYMBOL, limit=2)
    rest = client.get_orders(SYMBOL, orderId=orders[0]["orderId"])
    assert rest == orders
    trades = client.my_trades(SYMBOL)
    assert [trade["isMaker"] for trade in trades] == [True, False]
    assert client.my_trades(SYMBOL, fromId=trades[1]["id"]) == trades[1:]


def check_lists(client: Spot) -> None:
    sides = {"aboveType": "LIMIT_MAKER", "belowType": "STOP_LOSS"}
    placed = client.new_oco_order(
        SYMBOL, "SELL", 0.02, **sides, abovePrice=70000, belowStopPrice=50000
    )
    number = placed["orderListId"]
    assert client.get_oco_order(orderListId=number)["orders"] == placed["orders"]
    assert [each["orderListId"] for each in client.get_oco_open_orders()] == [number]
    assert client.cancel_oco_order(SYMBOL, orderListId=number)["listStatusType"] == "ALL_DONE"
    assert client.get_oco_orders()[0]["listOrderStatus"] == "ALL_DONE"


def check_errors(client: Spot, counterparty: Spot) -> None:
    values = LIMIT | {"quantity": 0.01, "price": 60000.1}
    cases: list[tuple[int, Any]] = [
        (-1121, lambda: client.new_order("NOSUCH", "BUY", **values)),
        (-1013, lambda: client.new_order(SYMBOL, "BUY", **values | {"quantity": "0.000011"})),
        (-2010, lambda: client.new_order(SYMBOL, "BUY", **values | {"quantity": 1000})),
        (-2011, lambda: client.cancel_order(SYMBOL, orderId=1)),
        (-2013, lambda: client.get_order(SYMBOL, orderId=1)),
        (-1102, lambda: client.new_order(SYMBOL, "BUY", **LIMIT)),
    ]
    for code, action in cases:
        error = expect(ClientError, action)
        assert error.error_code == code, error  # type: ignore[attr-defined]
    counterparty.api_secret = "wrong"
    error = expect(ClientError, counterparty.account)
    assert error.error_code == -1022  # type: ignore[attr-defined]


if __name__ == "__main__":
    run_recipes(trade)
