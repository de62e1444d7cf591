"""More orders wait than may."""

import asyncio

import httpx
import pytest

from protocol.channels import ORDER_QUEUE
from tests.support.gateway import ORDER, play_engine, run_gateway
from tests.support.waiting import until


async def submit(client: httpx.AsyncClient) -> int:
    return (await client.post("/v1/orders", json=ORDER)).status_code


async def cancel(client: httpx.AsyncClient) -> int:
    return (await client.delete("/v1/orders/42?response=ack")).status_code


def test_new_orders_are_refused_above_the_mark_until_below_half_of_it(redis_url: str) -> None:
    async def run() -> None:
        async with (
            run_gateway(redis_url, max_queue_length=10) as client,
            play_engine(redis_url) as engine,
        ):
            assert [await submit(client) for _ in range(11)] == [201] * 11
            refused = await client.post("/v1/orders", json=ORDER)
            assert refused.status_code == 503
            assert refused.headers["retry-after"] == "1"
            assert refused.json()["code"] == "overloaded"
            assert len(await engine.read_all()) == 11
            await engine.redis.ltrim(ORDER_QUEUE, 7, -1)

            async def is_taken() -> bool:
                return await submit(client) == 201

            await until(is_taken)
            assert len(await engine.read_all()) == 5

    asyncio.run(run())


def test_cancels_pass_up_to_twice_the_mark(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # a length that was read before the last cancel would let one more pass
    monkeypatch.setattr("order_gateway.queueing.overload.POLL_SECONDS", 3600.0)

    async def run() -> None:
        async with run_gateway(redis_url, max_queue_length=5) as client:
            assert [await submit(client) for _ in range(6)] == [201] * 6
            assert await submit(client) == 503
            assert [await cancel(client) for _ in range(5)] == [202] * 5
            assert await cancel(client) == 503
            response = await client.patch("/v1/orders/42", json={"quantity": "1"})
            assert (response.status_code, response.json()["code"]) == (503, "overloaded")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("bound", "query"),
    [
        ("order_gateway.queueing.waiting_pushes.MAX_WAITING", ""),
        ("order_gateway.queueing.waiting_pushes.MAX_WAITING_OF_ACCOUNT", ""),
        ("order_gateway.queueing.replies.MAX_WAITING", "?response=result"),
        ("order_gateway.queueing.replies.MAX_WAITING_OF_ACCOUNT", "?response=result"),
    ],
)
def test_request_over_a_bound_of_the_gateway_is_refused_and_not_queued(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, bound: str, query: str
) -> None:
    monkeypatch.setattr(bound, 0)

    async def run() -> None:
        async with run_gateway(redis_url) as client, play_engine(redis_url) as engine:
            response = await client.post(f"/v1/orders{query}", json=ORDER)
            assert (response.status_code, response.json()["code"]) == (503, "overloaded")
            assert await engine.read_all() == []

    asyncio.run(run())
