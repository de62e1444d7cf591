"""Requests that are sent again: when, under which name, and what is said if none is answered."""

import asyncio
import json
from time import monotonic
from typing import Any

import httpx
import pytest

from goquant import GatewayClient, GatewayError, GatewayUnreachable, SyncGatewayClient

URL = "http://gateway"


def refuse_times(count: int, status: int, **headers: str) -> tuple[httpx.MockTransport, list[str]]:
    """Refuse the first `count` requests; return the names of all, too."""
    names: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        names.append(request.headers["Idempotency-Key"])
        if len(names) <= count:
            problem = {"code": "overloaded", "detail": "wait"}
            return httpx.Response(status, json=problem, headers=headers)
        return httpx.Response(200, json={"canceled": 0})

    return httpx.MockTransport(answer), names


@pytest.mark.parametrize("status", [429, 503])
def test_refusal_that_says_when_to_come_back_is_waited_for(status: int) -> None:
    transport, names = refuse_times(2, status, **{"Retry-After": "0"})
    with SyncGatewayClient(URL, transport=transport) as client:
        assert client.cancel_orders().canceled == 0
    assert len(names) == 3
    assert len(set(names)) == 1  # one change, however often it is sent


@pytest.mark.parametrize(
    ("wait", "headers"), [(1, {"Retry-After": "60"}), (0, {"Retry-After": "1"}), (9, {})]
)
def test_refusal_is_not_waited_for_longer_than_the_client_says(
    wait: int, headers: dict[str, str]
) -> None:
    transport, names = refuse_times(9, 503, **headers)

    async def ask() -> None:
        async with GatewayClient(URL, transport=transport, wait=wait) as client:
            await client.cancel_orders()

    with pytest.raises(GatewayError, match="overloaded: wait") as caught:
        asyncio.run(ask())
    assert (len(names), caught.value.retry_after) == (1, headers.get("Retry-After"))


def answer_in_turn(
    *steps: type[httpx.TransportError] | int,
) -> tuple[httpx.MockTransport, list[Any]]:
    """Break the connection, or answer with a status; return the bodies of all requests, too."""
    bodies: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(request.content and json.loads(request.content))
        step = steps[len(bodies) - 1]
        if isinstance(step, int):
            return httpx.Response(step, json={"code": "overloaded", "detail": "nothing was queued"})
        raise step("broken")

    return httpx.MockTransport(answer), bodies


@pytest.mark.parametrize(
    "steps",
    [
        (httpx.ReadError, 503),
        (httpx.ReadTimeout, 429),
        (httpx.RemoteProtocolError, httpx.ConnectError, httpx.ConnectError),
    ],
)
def test_order_that_may_be_queued_is_named(steps: tuple[Any, ...]) -> None:
    transport, bodies = answer_in_turn(*steps)
    with (
        SyncGatewayClient(URL, transport=transport) as client,
        pytest.raises(GatewayUnreachable, match="repeat it with client_order_id=") as caught,
    ):
        client.submit_order("A-B", "buy", "1", price="2")
    names = {body["client_order_id"] for body in bodies}
    assert names == {*caught.value.client_order_ids}
    assert names.pop() in str(caught.value)


def test_orders_and_other_changes_that_may_be_queued_are_named() -> None:
    transport, bodies = answer_in_turn(httpx.ReadError, 503, httpx.ReadError, 503)
    with SyncGatewayClient(URL, transport=transport) as client:
        with pytest.raises(GatewayUnreachable, match="may be queued") as caught:
            client.submit_orders([{"client_order_id": "mine"}, {}])
        names = [order["client_order_id"] for order in bodies[0]["orders"]]
        assert list(caught.value.client_order_ids) == names
        with pytest.raises(GatewayUnreachable, match="the change may be queued") as caught:
            client.cancel_orders()
    assert caught.value.idempotency_key
    assert not caught.value.client_order_ids


def test_refusal_stays_one_if_nothing_can_be_queued() -> None:
    transport, _ = answer_in_turn(httpx.ConnectError, 503, httpx.ReadError, 503, 503)
    with SyncGatewayClient(URL, transport=transport) as client:
        for ask in (client.cancel_orders, client.list_orders, client.cancel_orders):
            with pytest.raises(GatewayError, match="nothing was queued"):
                ask()


def test_request_is_never_repeated_without_a_pause() -> None:
    transport, names = refuse_times(99, 503, **{"Retry-After": "0"})
    with SyncGatewayClient(URL, transport=transport, wait=1) as client, pytest.raises(GatewayError):
        client.cancel_orders()
    assert 1 < len(names) <= 11
    transport, _ = answer_in_turn(*[httpx.ConnectError] * 3)
    began = monotonic()
    with (
        SyncGatewayClient(URL, transport=transport) as client,
        pytest.raises(GatewayUnreachable) as caught,
    ):
        client.cancel_orders()
    assert monotonic() - began >= 0.5
    assert caught.value.idempotency_key is None
