"""Commands on `/ws/orders`: what HTTP would have answered, under the id that they had."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.integration.order_gateway.test_exchange import KEYS, PLAIN
from tests.support import http
from tests.support.gateway import ORDER
from tests.support.gateway_process import Exchange, run_exchange
from tests.support.waiting import DEADLINE_SECONDS

KEY = "limited-key-0123456789"


class Socket:
    """A stream without reports, on which one asks."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def send(self, **command: Any) -> None:
        self.connection.send(json.dumps(command))

    def next(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.connection.recv(timeout=DEADLINE_SECONDS))
        return message

    def ask(self, command: str, **more: Any) -> dict[str, Any]:
        """Return the answer without its id and what differs from run to run."""
        self.send(id=1, command=command, **more)
        answer = self.next()
        assert answer.pop("id") == 1
        assert answer.pop("type") == "answer"
        assert answer.pop("request_id")
        return answer


@pytest.fixture(scope="module")
def socket(exchange: Exchange) -> Iterator[Socket]:
    """The stream of an account of this file."""
    url = f"{exchange.url.replace('http', 'ws', 1)}/ws/orders?account=socket&reports=off"
    with connect(url, compression=None, ping_interval=None) as connection:
        yield Socket(connection)


def test_a_day_of_an_order(socket: Socket) -> None:
    accepted = socket.ask("place", body=ORDER | {"client_order_id": "first"})
    assert (accepted["status"], accepted["body"]["status"]) == (201, "accepted")
    amended = socket.ask("amend", client_order_id="first", body={"quantity": "0.5"})
    assert (amended["status"], amended["body"]["quantity"]) == (200, "0.50000")
    replacing = {"replaced": {"client_order_id": "first"}, "order": ORDER | {"price": "59000"}}
    replaced = socket.ask("replace", body=replacing)["body"]
    assert replaced["canceled_order"]["client_order_id"] == "first"
    number = replaced["order"]["number"]
    canceled = socket.ask("cancel", number=number, cancel_id="mine", restriction="only_new")
    assert (canceled["status"], canceled["body"]["status"]) == (200, "canceled")


def test_batches_and_all_at_once(socket: Socket) -> None:
    orders = [ORDER | {"client_order_id": f"batch-{number}"} for number in range(3)]
    placed = socket.ask("place_batch", body={"orders": [*orders, {}]}, response="result")
    statuses = [each["status"] for each in placed["body"]["results"]]
    assert statuses == [201, 201, 201, 422]
    canceled = socket.ask("cancel_batch", body={"orders": [{"client_order_id": "batch-0"}]})
    assert [each["status"] for each in canceled["body"]["results"]] == [200]
    assert socket.ask("cancel_all", symbol="BTC-USDT")["body"] == {"canceled": 2}
    assert socket.ask("cancel_after", body={"seconds": 0})["body"]["seconds"] == 0


def test_a_change_under_a_key_is_done_once(socket: Socket) -> None:
    socket.ask("place", body=ORDER | {"client_order_id": "once"}, response="result")
    first = socket.ask("cancel", client_order_id="once", idempotency_key="key-1")
    second = socket.ask("cancel", client_order_id="once", idempotency_key="key-1")
    assert (first["replayed"], second["replayed"]) == (False, True)
    assert first["body"] == second["body"]
    repeat = socket.ask("place", body=ORDER | {"client_order_id": "once"}, response="result")
    assert (repeat["status"], repeat["replayed"]) == (200, True)


def test_commands_are_begun_in_their_order_and_answered_under_their_ids(socket: Socket) -> None:
    for number in range(50):
        socket.send(id=number, command="place", body=ORDER | {"client_order_id": f"many-{number}"})
    socket.send(id="last", command="cancel_all")
    answers = [socket.next() for _ in range(51)]
    assert {answer["id"] for answer in answers} == {*range(50), "last"}
    assert answers[-1]["body"] == {"canceled": 50}


REFUSED = [
    ("place", {"body": {}}, "POST", "/v1/orders", {}),
    ("place", {"body": ORDER | {"quantity": "0.0000001"}}, "POST", "/v1/orders",
     ORDER | {"quantity": "0.0000001"}),
    ("place", {"body": ORDER | {"tif": "gtc"}}, "POST", "/v1/orders", ORDER | {"tif": "gtc"}),
    ("place", {"body": ORDER, "response": "soon"}, "POST", "/v1/orders?response=soon", ORDER),
    ("place", {"body": ORDER, "idempotency_key": "k"}, "POST", "/v1/orders", ORDER),
    ("place_batch", {"body": {"orders": []}}, "POST", "/v1/orders/batch", {"orders": []}),
    ("amend", {"order_id": "77", "body": {}}, "PATCH", "/v1/orders/77", {}),
    ("amend", {"order_id": "x", "body": {"quantity": "1"}}, "PATCH", "/v1/orders/x",
     {"quantity": "1"}),
    ("cancel", {"order_id": "77"}, "DELETE", "/v1/orders/77", None),
    ("cancel", {"number": 3, "restriction": "no"},
     "DELETE", "/v1/orders/by-number/3?restriction=no", None),
    ("cancel", {"client_order_id": "a b"}, "DELETE", "/v1/orders/by-client-id/a%20b", None),
    ("cancel_all", {"symbol": "NO-SUCH"}, "DELETE", "/v1/orders?symbol=NO-SUCH", None),
    ("replace", {"body": {}}, "POST", "/v1/orders/replace", {}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "parts", "method", "path", "body"), REFUSED)
def test_refusals_are_those_of_http(
    exchange: Exchange,
    socket: Socket,
    command: str,
    parts: dict[str, Any],
    method: str,
    path: str,
    body: Any,
) -> None:
    headers = {"X-Account": "socket"}
    if "idempotency_key" in parts:
        headers["Idempotency-Key"] = parts["idempotency_key"]
    with http.Client() as client:
        told = client.request(method, exchange.url + path, json=body, headers=headers)
    assert told.status_code >= 400
    answer = socket.ask(command, **parts)
    assert (answer["status"], answer["body"]) == (told.status_code, told.json())


@pytest.mark.parametrize(
    ("text", "message_id", "code", "field"),
    [
        ("hello", None, "invalid_json", None),
        ('{"id":5}', 5, "invalid_request", None),
        ('{"id":5,"command":"fly"}', 5, "invalid_request", None),
        ('{"id":5,"command":"cancel_all","simbol":"BTC-USDT"}', 5, "invalid_request", None),
        ('{"id":5,"id":6,"command":"cancel_all"}', 6, "invalid_json", "id"),
        ('{"id":5,"\\u0069d":6,"command":"cancel_all"}', 6, "invalid_json", "id"),
        (json.dumps({"id": "x" * 65, "command": "cancel_all"}), "x" * 65, "invalid_request", "id"),
    ],
)
def test_what_is_no_command_is_answered_so(
    socket: Socket, text: str, message_id: object, code: str, field: str | None
) -> None:
    socket.connection.send(text)
    answer = socket.next()
    body = answer["body"]
    assert (answer["id"], body["code"], body.get("field")) == (message_id, code, field)
    assert answer["status"] == body["status"]


@pytest.mark.parametrize(
    ("command", "parts", "code", "field"),
    [
        ("place", {}, "missing_field", "body"),
        ("cancel_all", {"body": {"symbol": "BTC-USDT"}}, "unexpected_body", "body"),
        ("cancel", {}, "missing_field", "order_id"),
        ("cancel", {"number": 1, "order_id": "2"}, "missing_field", "order_id"),
        ("cancel_all", {"number": 1}, "unknown_field", "number"),
        ("place", {"body": ORDER, "symbol": "BTC-USDT"}, "unknown_field", "symbol"),
        ("place", {"body": [1]}, "invalid_type", None),
    ],
)
def test_parts_that_a_command_does_not_have_are_refused(
    socket: Socket, command: str, parts: dict[str, Any], code: str, field: str | None
) -> None:
    body = socket.ask(command, **parts)["body"]
    assert (body["code"], body.get("field")) == (code, field)


def test_reports_and_answers_come_on_one_stream(exchange: Exchange) -> None:
    url = f"{exchange.url.replace('http', 'ws', 1)}/ws/orders?account=reader"
    with connect(url) as connection:
        socket = Socket(connection)
        assert socket.next()["type"] == "snapshot"
        socket.send(id=1, command="place", body=ORDER | {"order_type": "ioc"}, response="result")
        kinds = {socket.next()["type"] for _ in range(3)}
        assert kinds >= {"answer", "execution_report"}


def test_a_key_needs_the_scope_and_counts_every_command(redis_url: str, tmp_path: Path) -> None:
    keys = json.loads(KEYS)
    keys[0] |= {"scopes": ["read"]}
    keys[1] = {"key": KEY, "account": "bob", "scopes": ["read", "trade"], "rate_limit": 2}
    with run_exchange(redis_url, tmp_path, API_KEYS=json.dumps(keys)) as exchange:
        url = exchange.url.replace("http", "ws", 1) + "/ws/orders?reports=off"
        with connect(url, additional_headers={"X-API-Key": PLAIN}) as connection:
            assert Socket(connection).ask("place", body=ORDER)["body"]["code"] == "forbidden"
        with connect(url, additional_headers={"X-API-Key": KEY}) as connection:
            socket = Socket(connection)
            for number in range(5):
                socket.send(id=number, command="cancel_all")
            statuses = [socket.next()["status"] for _ in range(5)]
        assert statuses.count(429) >= 2


def test_many_messages_that_are_no_commands_end_the_stream(exchange: Exchange) -> None:
    url = f"{exchange.url.replace('http', 'ws', 1)}/ws/orders?account=flood&reports=off"
    with connect(url) as connection:
        with suppress(ConnectionClosed):
            for _ in range(1_000):
                connection.send("hello")
            while True:
                connection.recv(timeout=DEADLINE_SECONDS)
        assert connection.close_code == 1008
