"""Which requests of a client are commands of the private stream, and what they say."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from goquant import GatewayClient, GatewayError, GatewayUnreachable
from goquant.client.command_stream import find_command

URL = "http://gateway"
HEADERS = {"Idempotency-Key": "k-1", "Prefer": "wait=7"}
COMMON = {"idempotency_key": "k-1", "wait": 7}


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("POST", "/v1/orders?response=result", {"command": "place", "response": "result"}),
        ("POST", "/v1/orders/batch", {"command": "place_batch"}),
        ("POST", "/v1/orders/replace", {"command": "replace"}),
        ("POST", "/v1/orders/cancel-batch", {"command": "cancel_batch"}),
        ("POST", "/v1/cancel-after", {"command": "cancel_after"}),
        ("DELETE", "/v1/orders?symbol=A-B", {"command": "cancel_all", "symbol": "A-B"}),
        ("PATCH", "/v1/orders/17", {"command": "amend", "order_id": "17"}),
        ("PATCH", "/v1/orders/by-number/64", {"command": "amend", "number": 64}),
        (
            "DELETE", "/v1/orders/by-client-id/a%2Fb%2E?restriction=only_new&cancel_id=c",
            {
                "command": "cancel", "client_order_id": "a/b.", "restriction": "only_new",
                "cancel_id": "c",
            },
        ),
    ],
)  # fmt: skip
def test_changes_of_orders_are_commands(method: str, target: str, expected: dict[str, Any]) -> None:
    assert find_command(httpx.Request(method, URL + target, headers=HEADERS)) == expected | COMMON


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v1/orders"), ("GET", "/v1/orders/17"), ("POST", "/v1/order-lists"),
        ("DELETE", "/v1/order-lists/3"), ("POST", "/v1/admin/credits"), ("GET", "/v1/balances"),
    ],
)  # fmt: skip
def test_all_else_is_no_command(method: str, target: str) -> None:
    assert find_command(httpx.Request(method, URL + target)) is None


Serve = Callable[[ServerConnection, dict[str, Any]], Awaitable[None]]


@asynccontextmanager
async def stand_in(answer: Serve, refusal: Response | None = None) -> Any:
    """Give the URL of a gateway that hands each command to `answer`."""

    async def handle(connection: ServerConnection) -> None:
        async for message in connection:
            await answer(connection, json.loads(message))

    def refuse(_: ServerConnection, _request: Request) -> Response | None:
        return refusal

    async with serve(handle, "127.0.0.1", 0, process_request=refuse) as server:
        yield f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


def make_answer(command: dict[str, Any], status: int, **body: Any) -> str:
    return json.dumps({"type": "answer", "id": command["id"], "status": status, "body": body})


def ask(answer: Serve, refusal: Response | None = None, times: int = 1) -> list[int | None]:
    """Cancel all orders, `times` at once; return how many were."""

    async def run() -> list[int | None]:
        async with (
            stand_in(answer, refusal) as url,
            GatewayClient(url, account="alice", over="websocket", timeout=15, wait=9) as client,
        ):
            done = await asyncio.gather(*(client.cancel_orders() for _ in range(times)))
            return [each.canceled for each in done]

    return asyncio.run(run())


def test_command_without_an_answer_is_sent_again_under_its_name() -> None:
    heard: list[dict[str, Any]] = []

    async def answer(connection: ServerConnection, command: dict[str, Any]) -> None:
        heard.append(command)
        if len(heard) == 1:
            connection.transport.abort()
        else:
            await connection.send(make_answer(command, 200, canceled=3))

    assert ask(answer) == [3]
    assert len(heard) == 2
    assert heard[0]["idempotency_key"] == heard[1]["idempotency_key"]


def test_connection_that_always_breaks_is_given_up() -> None:
    async def answer(connection: ServerConnection, _: dict[str, Any]) -> None:
        connection.transport.abort()

    with pytest.raises(GatewayUnreachable, match="may be queued"):
        ask(answer)


def test_answers_find_their_commands_in_any_order() -> None:
    heard: list[dict[str, Any]] = []

    async def answer(connection: ServerConnection, command: dict[str, Any]) -> None:
        heard.append(command)
        if len(heard) == 3:
            for each in reversed(heard):
                await connection.send(make_answer(each, 200, canceled=each["id"]))

    assert set(ask(answer, times=3)) == {each["id"] for each in heard}


def test_answer_of_a_batch_with_many_fills_has_any_size() -> None:
    async def answer(connection: ServerConnection, command: dict[str, Any]) -> None:
        await connection.send(make_answer(command, 200, canceled=1, padding="x" * 3_000_000))

    assert ask(answer) == [1]


def test_busy_gateway_is_asked_again_as_over_http() -> None:
    heard: list[dict[str, Any]] = []

    async def answer(connection: ServerConnection, command: dict[str, Any]) -> None:
        heard.append(command)
        status = 503 if len(heard) == 1 else 200
        await connection.send(make_answer(command, status, code="overloaded", canceled=0))

    assert ask(answer) == [0]


def test_refusal_of_a_command_and_of_the_handshake_are_gateway_errors() -> None:
    async def answer(connection: ServerConnection, command: dict[str, Any]) -> None:
        problem = {"code": "unknown_symbol", "detail": "no", "field": "symbol"}
        await connection.send(make_answer(command, 422, **problem))

    with pytest.raises(GatewayError, match="unknown_symbol") as refused:
        ask(answer)
    assert (refused.value.status, refused.value.field) == (422, "symbol")
    body = b'{"code":"unauthorized","detail":"who are you"}'
    with pytest.raises(GatewayError, match="unauthorized: who are you") as caught:
        ask(answer, Response(401, "Unauthorized", Headers(), body))
    assert caught.value.status == 401


def test_unknown_way_is_refused() -> None:
    with pytest.raises(ValueError, match="http or websocket"):
        GatewayClient(URL, over="pigeon")  # type: ignore[arg-type]
