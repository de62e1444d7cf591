"""The private stream of an exchange with several shards: a part for each on one connection."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from protocol.channels import EXECUTION_REPORTS, last_sequence_field
from protocol.shards import find_shard, name_shard
from tests.support import http
from tests.support.asyncapi import Json, expect_described
from tests.support.gateway_process import Exchange
from tests.support.redis_client import open_redis
from tests.support.sharded_exchange import make_account, run_sharded_exchange
from tests.support.shards import SYMBOLS
from tests.support.waiting import DEADLINE_SECONDS


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchange]:
    with run_sharded_exchange(tmp_path_factory.mktemp("exchange")) as exchange:
        yield exchange


class Stream:
    """A connection whose every message is checked to have the next number."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._last = -1
        self.messages: list[Json] = []

    def read(self) -> Json:
        message: Json = json.loads(self._connection.recv(timeout=DEADLINE_SECONDS))
        self.messages.append(message)
        if message["type"] != "answer":
            assert message["number"] == self._last + (message["type"] != "heartbeat"), message
            self._last = message["number"]
        return message

    def read_from_each(self, kind: str) -> dict[int, Json]:
        """Read until each shard has sent a message of a kind; return them by shard."""
        found: dict[int, Json] = {}
        while len(found) < len(SYMBOLS):
            message = self.read()
            if message["type"] == kind:
                found.setdefault(message["shard"], message)
        return found

    def ask(self, command: str, **fields: Any) -> Json:
        self._connection.send(json.dumps({"id": 1, "command": command, **fields}))
        while (message := self.read())["type"] != "answer":
            pass
        return message

    def find_reports(self, shard: int) -> list[Json]:
        """Wait for a report of the shard; return all that there were."""

        def list_them() -> list[Json]:
            return [
                each
                for each in self.messages
                if each["type"] == "execution_report" and each["shard"] == shard
            ]

        while not list_them():
            self.read()
        return list_them()


@contextmanager
def follow(exchange: Exchange, account: str) -> Iterator[Stream]:
    url = exchange.url.replace("http", "ws", 1)
    with connect(f"{url}/ws/orders?account={account}") as connection:
        yield Stream(connection)


def make_order(shard: int, side: str = "buy", **more: str) -> Json:
    order = {"symbol": SYMBOLS[shard], "side": side, "order_type": "limit", "quantity": "1"}
    return order | {"price": "5.00"} | more


def place(exchange: Exchange, account: str, shard: int, response: str = "result") -> str:
    answer = http.post(
        f"{exchange.url}/v1/orders?response={response}",
        json=make_order(shard),
        headers={"X-Account": account},
    )
    assert answer.status_code == 201, answer.text
    order_id: str = answer.json()["order_id"]
    return order_id


def cut_subscriptions(exchange: Exchange) -> None:
    for shard in SYMBOLS:
        with open_redis(exchange.redis_url, name_shard(shard)) as client:
            client.client_kill_filter(_type="pubsub")


def test_each_shard_has_a_snapshot_of_what_is_on_it(exchange: Exchange) -> None:
    account = make_account(exchange.url)
    placed = {shard: place(exchange, account, shard) for shard in (2, 3)}
    with follow(exchange, account) as stream:
        told = stream.read_from_each("snapshot")
    assert set(told) == set(SYMBOLS)
    assert {tuple(each["shards"]) for each in told.values()} == {tuple(SYMBOLS)}
    assert len({each["exchange_id"] for each in told.values()}) == 1
    assert told[1]["orders"] == told[1]["balances"] == []
    for shard, order_id in placed.items():
        assert [order["order_id"] for order in told[shard]["orders"]] == [order_id]
        assert told[shard]["balances"] == [
            {"asset": "USDT", "free": "995.00000000", "locked": "5.00000000"}
        ]


def test_order_over_the_stream_is_reported_by_its_shard(exchange: Exchange) -> None:
    account = make_account(exchange.url)
    with follow(exchange, account) as stream:
        told = stream.read_from_each("snapshot")
        for shard in SYMBOLS:
            answer = stream.ask("place", body=make_order(shard), response="result")
            assert answer["status"] == 201
            number = answer["body"]["number"]
            [report] = stream.find_reports(shard)
            assert (find_shard(number), report["data"]["number"]) == (shard, number)
            assert report["data"]["sequence"] > told[shard]["sequence"]
        assert stream.ask("cancel_all")["body"]["canceled"] == len(SYMBOLS)
        for shard in SYMBOLS:
            while len(stream.find_reports(shard)) < 2:
                stream.read()
            assert stream.find_reports(shard)[1]["data"]["status"] == "canceled"


def test_reports_that_a_cut_shard_has_missed_come_later(exchange: Exchange) -> None:
    account = make_account(exchange.url)
    with follow(exchange, account) as stream:
        stream.read_from_each("snapshot")
        placed = []
        for _ in range(5):
            cut_subscriptions(exchange)
            placed += [place(exchange, account, shard, "ack") for shard in SYMBOLS]
        for shard in SYMBOLS:
            while len(stream.find_reports(shard)) < 5:
                stream.read()
    told = [
        each["data"]["order_id"] for each in stream.messages if "status" in each.get("data", {})
    ]
    assert sorted(told) == sorted(placed)
    for shard in SYMBOLS:
        sequences = [each["data"]["sequence"] for each in stream.find_reports(shard)]
        assert sequences == sorted(set(sequences))


def test_shard_whose_history_is_another_one_starts_anew_alone(exchange: Exchange) -> None:
    """Its reports do not continue what was told: here its state says less than it had."""
    account = make_account(exchange.url)
    names = name_shard(2)
    with follow(exchange, account) as stream, open_redis(exchange.redis_url, names) as client:
        place(exchange, account, 2)
        stream.read_from_each("snapshot")
        field = last_sequence_field(EXECUTION_REPORTS)
        known = client.hget(names.state, field)
        assert known is not None
        client.hset(names.state, field, 0)
        try:
            again = stream.read()
            while again["type"] != "snapshot":
                again = stream.read()
        finally:
            client.hset(names.state, field, known)
        assert again["shard"] == 2


def test_no_other_shard_says_that_it_does_not_know_an_order_that_is_changed_by_its_id(
    exchange: Exchange,
) -> None:
    account = make_account(exchange.url)
    placed = [place(exchange, account, shard) for shard in (2, 3)]
    with follow(exchange, account) as stream:
        for order_id in placed:
            assert stream.ask("amend", order_id=order_id, body={"quantity": "0.5"})["status"] == 200
            assert stream.ask("cancel", order_id=order_id)["status"] == 200
        stream.read_from_each("heartbeat")
    assert "command_rejected" not in {each["type"] for each in stream.messages}


def test_heartbeats_are_of_each_shard(exchange: Exchange) -> None:
    with follow(exchange, make_account(exchange.url)) as stream:
        beats = stream.read_from_each("heartbeat")
    assert {shard: beat["in_sync"] for shard, beat in beats.items()} == dict.fromkeys(SYMBOLS, True)


def test_messages_are_what_the_document_says(exchange: Exchange) -> None:
    document = http.get(f"{exchange.url}/v1/asyncapi.json").json()
    account = make_account(exchange.url)
    with follow(exchange, account) as stream:
        stream.read_from_each("snapshot")
        stream.ask("place", body=make_order(2, client_order_id="mine"))
        stream.ask("place", body=make_order(2, client_order_id="mine"))
        stream.read_from_each("heartbeat")
    described = expect_described(document, stream.messages)
    assert described >= {"snapshot", "execution_report", "account_position", "heartbeat", "answer"}


def test_fills_of_one_shard_are_listed(exchange: Exchange) -> None:
    account = make_account(exchange.url)
    headers = {"X-Account": account}
    with follow(exchange, account) as stream:
        for shard, asset in ((2, "ETH"), (3, "SOL")):
            credit = {"account": account, "asset": asset, "amount": "1", "shard": shard}
            http.post(f"{exchange.url}/v1/admin/credit", json=credit | {"id": f"{account}-{asset}"})
            for side in ("buy", "sell"):
                stream.ask("place", body=make_order(shard, side), response="result")
    url = f"{exchange.url}/v1/fills"
    for shard in SYMBOLS:
        page = http.get(f"{url}?shard={shard}", headers=headers).json()
        assert {find_shard(fill["number"]) for fill in page["fills"]} == {shard} - {1}
    assert page["sequence"] < http.get(url, headers=headers).json()["sequence"]
    problem = http.get(f"{url}?shard=7", headers=headers)
    assert (problem.status_code, problem.json()["code"]) == (422, "unknown_shard")
    assert problem.json()["detail"] == "shard must be one of 1, 2, 3"
