"""Redis goes away and comes back, fills up, or loses an answer; the engine is not there."""

import asyncio
from pathlib import Path

import httpx
import pytest

from protocol.channels import LEASE
from protocol.enums import Reason, Status
from tests.support.gateway import (
    ORDER,
    make_reply,
    make_report,
    play_engine,
    run_gateway,
    run_proxy,
)
from tests.support.ports import find_free_port
from tests.support.redis_client import open_async_redis
from tests.support.redis_server import run_redis
from tests.support.waiting import until


async def is_healthy(client: httpx.AsyncClient) -> bool:
    return (await client.get("/health")).status_code == 200


def test_health_says_what_is_there(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client, open_async_redis(redis_url) as redis:
            await client.post("/v1/orders", json=ORDER)
            without_engine = await client.get("/health")
            await redis.set(LEASE, b"owner", px=60_000)
            with_engine = await client.get("/health")
        assert without_engine.status_code == with_engine.status_code == 200
        assert without_engine.json() == {
            "status": "degraded",
            "service": "order_gateway",
            "redis": "up",
            "queue_length": 1,
            "engine": "down",
            "engine_heartbeat_age": None,
        }
        assert with_engine.json()["status"] == "ok"
        assert with_engine.json()["engine"] == "up"
        assert with_engine.json()["engine_heartbeat_age"] == 0.0

    asyncio.run(run())


def test_orders_are_refused_while_redis_is_away_and_taken_when_it_is_back(redis_url: str) -> None:
    async def run() -> None:
        async with run_proxy(redis_url) as proxy, run_gateway(proxy.url) as client:
            assert (await client.post("/v1/orders", json=ORDER)).status_code == 201
            await proxy.close()
            for request in (
                client.post("/v1/orders", json=ORDER),
                client.post("/v1/orders?response=full", json=ORDER),
                client.delete("/v1/orders/42"),
                client.patch("/v1/orders/42", json={"quantity": "1"}),
            ):
                response = await request
                assert response.status_code == 503
                assert response.headers["retry-after"] == "1"
                assert response.json()["code"] == "queue_unavailable"
                assert "127.0.0.1" not in response.text
            health = await client.get("/health")
            assert health.status_code == 503
            assert health.json() == {
                "status": "unavailable",
                "service": "order_gateway",
                "redis": "down",
                "queue_length": None,
                "engine": "unknown",
                "engine_heartbeat_age": None,
            }
            await proxy.open()
            assert (await client.post("/v1/orders", json=ORDER)).status_code == 201
            assert (await client.get("/health")).json()["queue_length"] == 2

    asyncio.run(run())


def test_killed_redis_is_survived(tmp_path: Path) -> None:
    async def run() -> None:
        port = find_free_port()
        with run_redis(tmp_path, port=port) as url:
            gateway = run_gateway(url)
            client = await gateway.__aenter__()
            assert (await client.post("/v1/orders", json=ORDER)).status_code == 201
        assert (await client.post("/v1/orders", json=ORDER)).status_code == 503
        with run_redis(tmp_path, port=port):
            assert (await client.post("/v1/orders", json=ORDER)).status_code == 201
            assert await is_healthy(client)
            await gateway.__aexit__(None, None, None)

    asyncio.run(run())


def test_replies_come_again_after_redis_was_away(redis_url: str) -> None:
    async def run() -> None:
        async with (
            run_proxy(redis_url) as proxy,
            run_gateway(proxy.url) as client,
            play_engine(redis_url) as engine,
        ):
            await proxy.close()
            await proxy.open()

            waiting = asyncio.ensure_future(client.post("/v1/orders?response=result", json=ORDER))
            entry = await engine.take()
            reply = make_reply(entry, make_report(entry, Status.OPEN))

            async def is_answered() -> bool:
                await engine.try_publish(entry, reply)
                return waiting.done()

            await until(is_answered)
            assert (await waiting).json()["status"] == "open"

    asyncio.run(run())


def test_silent_subscription_is_tried_and_goes_on(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("order_gateway.queueing.replies.PING_SECONDS", 0.05)

    async def run() -> None:
        async with run_gateway(redis_url) as client, play_engine(redis_url) as engine:
            (subscriber,) = await engine.redis.client_list(_type="pubsub")

            async def was_tried() -> bool:
                (now,) = await engine.redis.client_list(_type="pubsub")
                return bool(now["cmd"] == "ping")

            await until(was_tried)
            waiting = asyncio.ensure_future(client.post("/v1/orders?response=result", json=ORDER))
            entry = await engine.take()
            await engine.publish(entry, make_reply(entry, make_report(entry, Status.OPEN)))
            assert (await waiting).json()["status"] == "open"
            (still,) = await engine.redis.client_list(_type="pubsub")
            assert still["id"] == subscriber["id"]

    asyncio.run(run())


def test_gateway_starts_without_redis_and_serves_once_it_is_there(redis_url: str) -> None:
    async def run() -> None:
        async with run_proxy(redis_url) as proxy:
            await proxy.close()
            async with run_gateway(proxy.url) as client:
                assert (await client.post("/v1/orders", json=ORDER)).status_code == 503
                await proxy.open()
                assert (await client.post("/v1/orders", json=ORDER)).status_code == 201

    asyncio.run(run())


def test_lost_reply_to_the_push_is_said_and_a_repeat_has_the_same_id(redis_url: str) -> None:
    order = ORDER | {"client_order_id": "mine"}

    async def run() -> None:
        async with (
            run_proxy(redis_url) as proxy,
            run_gateway(proxy.url) as client,
            play_engine(redis_url) as engine,
        ):
            await client.post("/v1/orders", json=ORDER)
            await client.post("/v1/orders", json=ORDER)
            proxy.cuts_next_reply = True
            lost = await client.post("/v1/orders", json=order)
            assert lost.status_code == 202
            assert lost.json()["status"] == "unknown"
            assert lost.json()["client_order_id"] == "mine"
            assert "same client_order_id" in lost.json()["detail"]
            repeat = await client.post("/v1/orders", json=order)
            assert repeat.status_code == 201
            assert repeat.json()["order_id"] == lost.json()["order_id"]
            ids = [entry.order_id for entry in await engine.read_all()]
        assert ids[2:] == [lost.json()["order_id"]] * 2

    asyncio.run(run())


def test_lost_reply_to_a_cancel_is_said(redis_url: str) -> None:
    async def run() -> None:
        async with run_proxy(redis_url) as proxy, run_gateway(proxy.url) as client:
            await client.delete("/v1/orders/1?response=ack")
            proxy.cuts_next_reply = True
            lost = await client.delete("/v1/orders/42?response=ack")
        assert lost.status_code == 202
        assert (lost.json()["order_id"], lost.json()["status"]) == ("42", "unknown")

    asyncio.run(run())


def test_order_whose_push_was_lost_is_known_as_soon_as_the_engine_answers(redis_url: str) -> None:
    async def run() -> None:
        async with (
            run_proxy(redis_url) as proxy,
            run_gateway(proxy.url) as client,
            play_engine(redis_url) as engine,
        ):
            for _ in range(2):
                await client.post("/v1/orders", json=ORDER)
                await engine.take()
            proxy.cuts_next_reply = True
            waiting = asyncio.ensure_future(client.post("/v1/orders?response=result", json=ORDER))
            entry = await engine.take()
            reply = make_reply(entry, make_report(entry, Status.OPEN))

            async def is_answered() -> bool:
                await engine.try_publish(entry, reply)
                return waiting.done()

            await until(is_answered)
            response = await waiting
        assert (response.status_code, response.json()["status"]) == (201, "open")

    asyncio.run(run())


def test_full_redis_refuses_orders_and_takes_them_again(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client, open_async_redis(redis_url) as redis:
            await client.post("/v1/orders", json=ORDER)
            await client.post("/v1/orders", json=ORDER)
            try:
                await redis.config_set("maxmemory", "1")
                refused = await client.post("/v1/orders", json=ORDER)
            finally:
                await redis.config_set("maxmemory", "0")
            assert refused.status_code == 503
            assert refused.json()["code"] == Reason.QUEUE_UNAVAILABLE
            assert "memory is full" in refused.json()["detail"]
            assert (await client.post("/v1/orders", json=ORDER)).status_code == 201
            assert (await client.get("/health")).json()["queue_length"] == 3

    asyncio.run(run())


def test_redis_that_was_never_there_is_said_by_health() -> None:
    async def run() -> None:
        async with run_gateway(f"redis://127.0.0.1:{find_free_port()}/0") as client:
            assert not await is_healthy(client)

    asyncio.run(run())
