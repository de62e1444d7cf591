"""python-binance: parameters in the body, of a DELETE too."""

from collections.abc import Callable

from binance import Client
from binance.exceptions import BinanceAPIException

from tests.clients.scenarios.recipes import Names, expect, run_recipes

SYMBOL = "BTCUSDT"


def trade(mine: Names, other: Names) -> None:
    """Run everything, one part after the other."""
    client, counterparty = mine["client"], other["client"]
    check_start(client)
    check_orders(client, counterparty)
    check_lists(client)
    check_errors(client)


def check_start(client: Client) -> None:
    assert client.get_symbol_info(SYMBOL)["status"] == "TRADING"
    assert client.get_asset_balance("BTC") == {
        "asset": "BTC", "free": "100.00000000", "locked": "0.00000000",
    }  # fmt: skip
    assert abs(client.get_server_time()["serverTime"]) > 0
    assert client.get_system_status() == {"status": 0, "msg": "normal"}


def check_orders(client: Client, counterparty: Client) -> None:
    resting = client.order_limit_buy(symbol=SYMBOL, quantity=0.02, price="60000.10")
    assert resting["status"] == "NEW"
    sale = counterparty.create_order(
        symbol=SYMBOL, side="SELL", type="LIMIT", timeInForce="IOC", quantity="0.005",
        price="60000",
    )  # fmt: skip
    assert sale["executedQty"] == "0.00500000"
    found = client.get_order(symbol=SYMBOL, orderId=resting["orderId"])
    assert (found["status"], found["executedQty"]) == ("PARTIALLY_FILLED", "0.00500000")
    assert client.get_open_orders(symbol=SYMBOL) == [found]
    canceled = client.cancel_order(symbol=SYMBOL, orderId=resting["orderId"])
    assert canceled["status"] == "CANCELED"
    counterparty.order_limit_sell(symbol=SYMBOL, quantity=1, price="60000")
    market = client.order_market_buy(symbol=SYMBOL, quantity=0.5)
    assert market["cummulativeQuoteQty"] == "30000.00000000"
    counterparty.cancel_all_open_orders(symbol=SYMBOL)
    orders = client.get_all_orders(symbol=SYMBOL)
    assert [order["status"] for order in orders] == ["CANCELED", "FILLED"]
    assert client.get_all_orders(symbol=SYMBOL, orderId=orders[1]["orderId"]) == orders[1:]
    assert [trade["qty"] for trade in client.get_my_trades(symbol=SYMBOL)] == [
        "0.00500000", "0.50000000",
    ]  # fmt: skip
    test = client.create_test_order(
        symbol=SYMBOL, side="BUY", type="LIMIT_MAKER", quantity=0.02, price="50000"
    )
    assert test == {}
    trailing = client.create_order(
        symbol=SYMBOL, side="SELL", type="STOP_LOSS", quantity=0.02, trailingDelta=250
    )
    found = client.get_order(symbol=SYMBOL, orderId=trailing["orderId"])
    assert (found["trailingDelta"], found["trailingTime"]) == (250, trailing["transactTime"])
    client.cancel_order(symbol=SYMBOL, orderId=trailing["orderId"])


def check_lists(client: Client) -> None:
    placed = client.create_oco_order(
        symbol=SYMBOL, side="SELL", quantity="0.02", aboveType="LIMIT_MAKER", abovePrice="70000",
        belowType="STOP_LOSS_LIMIT", belowStopPrice="50000", belowPrice="49000",
        belowTimeInForce="GTC",
    )  # fmt: skip
    assert (placed["contingencyType"], placed["listStatusType"]) == ("OCO", "EXEC_STARTED")
    [opened] = client.v3_get_all_order_list()
    assert opened["orderListId"] == placed["orderListId"]
    numbers = [order["orderId"] for order in placed["orders"]]
    assert [order["orderId"] for order in client.get_open_orders(symbol=SYMBOL)] == numbers
    client.v3_delete_order_list(symbol=SYMBOL, orderListId=placed["orderListId"])
    assert client.get_open_orders(symbol=SYMBOL) == []


def check_errors(client: Client) -> None:
    def buy(quantity: str, price: str, symbol: str = SYMBOL) -> Callable[[], object]:
        return lambda: client.order_limit_buy(symbol=symbol, quantity=quantity, price=price)

    cases = [
        (buy("0.01", "60000", "NOSUCH"), -1121, "Invalid symbol."),
        (buy("0.000011", "60000"), -1013, "Filter failure: LOT_SIZE"),
        (buy("0.01", "60000.001"), -1013, "Filter failure: PRICE_FILTER"),
        (buy("1000", "60000"), -2010, "Account has insufficient balance for requested action."),
        (lambda: client.cancel_order(symbol=SYMBOL, orderId=1), -2011, "Unknown order sent."),
        (lambda: client.get_order(symbol=SYMBOL, orderId=1), -2013, "Order does not exist."),
    ]
    for action, code, text in cases:
        error = expect(BinanceAPIException, action)
        assert (error.code, error.message) == (code, text)  # type: ignore[attr-defined]


if __name__ == "__main__":
    run_recipes(trade)
