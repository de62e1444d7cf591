"""python-binance: all orders and trades of an account that has more than a page of each."""

from tests.clients.scenarios.ccxt_pages import EXPECTED, PAGE, turn
from tests.clients.scenarios.recipes import Names, run_recipes

SYMBOL = "BTCUSDT"


def read(mine: Names, _other: Names) -> None:
    """Turn the pages by id, as its users do."""
    client = mine["client"]

    def list_orders(first: int) -> list[dict[str, object]]:
        orders = client.get_all_orders(symbol=SYMBOL, orderId=first, limit=PAGE)
        return [order | {"id": order["orderId"]} for order in orders]

    orders = turn(list_orders)
    trades = turn(lambda first: client.get_my_trades(symbol=SYMBOL, fromId=first, limit=PAGE))
    assert [len(orders), len(trades)] == [EXPECTED] * 2, (len(orders), len(trades))
    assert {order["status"] for order in orders} == {"FILLED"}
    assert [trade["orderId"] for trade in trades] == [order["id"] for order in orders]


if __name__ == "__main__":
    run_recipes(read)
