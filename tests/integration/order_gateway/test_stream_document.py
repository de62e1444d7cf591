"""The AsyncAPI document of `/ws/orders` is true: what is sent is what it says."""

import json
from collections.abc import Iterator
from pathlib import Path

from websockets.sync.client import ClientConnection, connect

from tests.support import http
from tests.support.asyncapi import Json, expect_described
from tests.support.gateway import ORDER
from tests.support.gateway_process import run_exchange
from tests.support.ledgers import make_ledger
from tests.support.waiting import DEADLINE_SECONDS


def read_until(connection: ClientConnection, kind: str) -> Iterator[Json]:
    while True:
        message: Json = json.loads(connection.recv(timeout=DEADLINE_SECONDS))
        yield message
        if message["type"] == kind:
            return


def test_messages_are_what_the_document_says(redis_url: str, tmp_path: Path) -> None:
    with run_exchange(redis_url, tmp_path, ledger=make_ledger()) as exchange:
        document = http.get(f"{exchange.url}/v1/asyncapi.json").json()
        orders = f"{exchange.url}/v1/orders?response=result"
        http.post(orders, json=ORDER | {"client_order_id": "mine"})
        with connect(f"{exchange.url.replace('http', 'ws', 1)}/ws/orders") as connection:
            messages = list(read_until(connection, "snapshot"))
            http.post(orders, json=ORDER | {"client_order_id": "mine"})  # a repeat
            messages += read_until(connection, "command_rejected")
            http.post(orders, json=ORDER | {"side": "sell", "quantity": "0.4"})
            messages += read_until(connection, "execution_report")
            credit = {"account": "default", "asset": "USDT", "amount": "5", "id": "once"}
            http.post(f"{exchange.url}/v1/admin/credit", json=credit)
            messages += read_until(connection, "balance_changed")
            messages += read_until(connection, "account_position")
            connection.send('{"id":1,"command":"cancel_all"}')
            messages += read_until(connection, "answer")
            messages += read_until(connection, "heartbeat")
        refused = connect(f"{exchange.url.replace('http', 'ws', 1)}/ws/orders?account=a%20b")
        with refused as connection:
            messages += read_until(connection, "error")
    told = document["operations"]["tell"]["messages"]
    assert expect_described(document, messages) == {
        each["$ref"].rpartition("/")[2] for each in told
    }
