"""binance-connector: streams with a listenKey, and the WebSocket API."""

import json
import queue
from typing import Any

from tests.clients.scenarios.recipes import Names, run_recipes

SYMBOL = "BTCUSDT"
SECONDS = 30.0


class Inbox:
    """Messages of one connection."""

    def __init__(self) -> None:
        self._messages: queue.Queue[Any] = queue.Queue()

    def put(self, _connection: object, text: str) -> None:
        """Take a message."""
        self._messages.put(json.loads(text))

    def next(self, name: str, value: object, seconds: float = SECONDS) -> Any:
        """Return the next message with this value."""
        while (message := self._messages.get(timeout=seconds)).get(name) != value:
            pass
        return message


def read(mine: Names, other: Names) -> None:
    """Run everything, one part after the other."""
    client, counterparty = mine["client"], other["client"]
    inbox = Inbox()
    streams = mine["open_streams"](on_message=inbox.put)
    try:
        check_streams(client, counterparty, streams, inbox)
    finally:
        streams.stop()
    check_api(mine["open_api"])


def place(client: Any, side: str, quantity: str) -> Any:
    return client.new_order(
        symbol=SYMBOL, side=side, type="LIMIT", timeInForce="GTC", quantity=quantity, price="60500"
    )


def check_streams(client: Any, counterparty: Any, streams: Any, inbox: Inbox) -> None:
    """Trade, and be told as an account and as anybody."""
    key = client.new_listen_key()["listenKey"]
    assert client.renew_listen_key(key) == {}
    streams.agg_trade(symbol=SYMBOL.lower(), id=1)
    assert inbox.next("id", 1)["result"] is None
    streams.user_data(listen_key=key, id=2)
    assert inbox.next("id", 2)["result"] is None
    streams.list_subscribe(id=3)
    assert inbox.next("id", 3)["result"] == ["btcusdt@aggTrade", key]
    order = place(client, "BUY", "0.02")
    assert inbox.next("e", "executionReport")["i"] == order["orderId"]
    place(counterparty, "SELL", "0.005")
    assert inbox.next("e", "aggTrade")["q"] == "0.00500000"
    client.cancel_open_orders(SYMBOL)
    counterparty.get_open_orders(SYMBOL)
    assert client.close_listen_key(key) == {}


def check_api(open_api: Any) -> None:
    """Place, find and cancel by WebSocket."""
    inbox = Inbox()
    api = open_api(on_message=inbox.put)
    try:
        api.new_order(
            id=1, symbol=SYMBOL, side="BUY", type="LIMIT", timeInForce="GTC", quantity=0.01,
            price=50_000, newClientOrderId="mine-1",
        )  # fmt: skip
        placed = inbox.next("id", 1)
        assert placed["status"] == 200, placed
        api.get_order(id=2, symbol=SYMBOL, origClientOrderId="mine-1")
        assert inbox.next("id", 2)["result"]["orderId"] == placed["result"]["orderId"]
        api.cancel_order(id=3, symbol=SYMBOL, orderId=placed["result"]["orderId"])
        assert inbox.next("id", 3)["result"]["status"] == "CANCELED"
        api.account(id=4)
        assert inbox.next("id", 4)["result"]["accountType"] == "SPOT"
    finally:
        api.stop()


if __name__ == "__main__":
    run_recipes(read)
