"""Changes repeated under one Idempotency-Key are done once, and answered each time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis import Redis

from edge.api_keys import EVERY_SCOPE, ApiKey
from goquant import GatewayClient
from order_gateway.queueing import idempotency
from protocol import channels
from protocol.codec import decode_entry, encode, split_entries
from protocol.signing import sign
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.gateway import ORDER, RedisProxy, play_engine, run_gateway, run_proxy
from tests.support.gateway_process import run_workers
from tests.support.redis_client import open_redis

Client = httpx.AsyncClient
Scenario = Callable[[Client, Client], Awaitable[None]]


def play(redis_url: str, scenario: Scenario) -> None:
    """Two gateways on one exchange."""

    async def run() -> None:
        async with run_gateway(redis_url) as first, run_gateway(redis_url) as second:
            await scenario(first, second)

    with run_engine(redis_url):
        asyncio.run(run())


async def submit(client: Client, **more: str) -> str:
    answer = await client.post("/v1/orders?response=result", json=ORDER | more)
    order_id: str = answer.json()["order_id"]
    return order_id


def under(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def is_replayed(response: httpx.Response) -> bool:
    return bool(response.headers.get("Idempotency-Replayed") == "true")


def test_cancel_repeated_at_another_gateway_gets_the_same_answer(redis_url: str) -> None:
    async def scenario(first: Client, second: Client) -> None:
        path = f"/v1/orders/{await submit(first)}"
        done = await first.delete(path, headers=under("c-1"))
        repeat = await second.delete(path, headers=under('"c-1"'))
        assert (done.status_code, done.json()["status"]) == (200, "canceled")
        assert (repeat.status_code, repeat.json()) == (200, done.json())
        assert (is_replayed(done), is_replayed(repeat)) == (False, True)
        without_key = await second.delete(path)
        assert (without_key.status_code, without_key.json()["code"]) == (409, "order_closed")

    play(redis_url, scenario)


def test_amend_repeated_after_another_one_does_not_undo_it(redis_url: str) -> None:
    async def scenario(first: Client, second: Client) -> None:
        path = f"/v1/orders/{await submit(first)}"
        body = {"quantity": "0.5"}
        done = await first.patch(path, json=body, headers=under("a-1"))
        await second.patch(path, json={"quantity": "0.8"}, headers=under("a-2"))
        repeat = await second.patch(path, json=body, headers=under("a-1"))
        assert (is_replayed(repeat), repeat.json()) == (True, done.json())
        now = await first.post(
            "/v1/orders?response=result", json=ORDER | {"client_order_id": "probe"}
        )
        assert now.status_code == 201
        canceled = await first.delete(path)
        assert canceled.json()["filled_quantity"] == "0.00000"
        with open_redis(redis_url) as server:
            entries = [decode_entry(raw) for raw in list_commands(server)]
        assert [entry.quantity for entry in entries if entry.command == "amend"] == ["0.5", "0.8"]

    play(redis_url, scenario)


def list_commands(server: Redis) -> list[bytes]:
    journal: Any = server.xrange(channels.JOURNAL)
    return [raw for _, fields in journal for raw in split_entries(fields[b"commands"])]


def test_amend_that_traded_is_repeated_with_its_fills(redis_url: str) -> None:
    async def scenario(first: Client, second: Client) -> None:
        await submit(first, side="sell", price="60001", quantity="0.4")
        path = f"/v1/orders/{await submit(first)}?response=full"
        done, repeat = [
            await client.patch(path, json={"price": "60001"}, headers=under("t-1"))
            for client in (first, second)
        ]
        assert [fill["quantity"] for fill in done.json()["fills"]] == ["0.40000"]
        assert (repeat.json(), is_replayed(repeat)) == (done.json(), True)

    play(redis_url, scenario)


def test_refusal_is_repeated_too(redis_url: str) -> None:
    async def scenario(first: Client, second: Client) -> None:
        for client, replayed in ((first, False), (second, True)):
            response = await client.delete("/v1/orders/5", headers=under("r-1"))
            assert (response.status_code, response.json()["code"]) == (404, "unknown_order")
            assert is_replayed(response) is replayed

    play(redis_url, scenario)


def test_cancel_all_and_timer_are_repeated_as_they_were_answered(redis_url: str) -> None:
    async def scenario(first: Client, second: Client) -> None:
        for _ in range(3):
            await submit(first)
        assert (await first.delete("/v1/orders", headers=under("all"))).json() == {"canceled": 3}
        await submit(first)
        repeat = await second.delete("/v1/orders", headers=under("all"))
        assert (repeat.json(), is_replayed(repeat)) == ({"canceled": 3}, True)
        assert (await first.delete("/v1/orders")).json() == {"canceled": 1}
        body, path = {"seconds": 60}, "/v1/cancel-after"
        armed, again = [
            await client.post(path, json=body, headers=under("timer")) for client in (first, second)
        ]
        assert armed.json()["due"]
        assert (again.json(), is_replayed(again)) == (armed.json(), True)

    play(redis_url, scenario)


def test_key_of_another_request_is_refused_and_of_another_account_is_another(
    redis_url: str,
) -> None:
    async def scenario(first: Client, second: Client) -> None:
        await first.delete("/v1/orders/5", headers=under("k"))
        other = await second.delete("/v1/orders/6", headers=under("k"))
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
        bob = await second.delete("/v1/orders/6", headers=under("k") | {"X-Account": "bob"})
        assert bob.json()["code"] == "unknown_order"

    play(redis_url, scenario)


@pytest.mark.parametrize("key", ["", '"', "a b", "x" * 65])
def test_key_of_a_wrong_form_is_refused(redis_url: str, key: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client:
            response = await client.delete("/v1/orders/5", headers={"Idempotency-Key": key})
            assert (response.status_code, response.json()["field"]) == (422, "Idempotency-Key")

    asyncio.run(run())


def test_order_with_a_key_needs_a_name_of_its_own(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client:
            refused = await client.post("/v1/orders", json=ORDER, headers=under("o"))
            assert (refused.status_code, refused.json()["field"]) == (422, "Idempotency-Key")
            named = ORDER | {"client_order_id": "mine"}
            taken = await client.post("/v1/orders", json=named, headers=under("o"))
            assert taken.status_code == 201

    asyncio.run(run())


def test_repeat_while_the_first_still_waits_is_pending(redis_url: str) -> None:
    async def run() -> None:
        async with (
            run_gateway(redis_url, reply_seconds=0.1) as client,
            play_engine(redis_url) as engine,
        ):
            for path in ("/v1/orders/5", "/v1/orders/5", "/v1/orders/5?response=ack"):
                response = await client.delete(path, headers=under("p"))
                assert (response.status_code, response.json()["status"]) == (202, "accepted")
            assert is_replayed(response)
            assert len(await engine.read_all()) == 1

    asyncio.run(run())


def lose_reply_to_push(proxy: RedisProxy, patch: pytest.MonkeyPatch) -> None:
    """Not that to the question before it."""
    push = idempotency.IdempotencyKeys._push

    async def cut(*arguments: Any) -> tuple[int, bytes]:
        proxy.cuts_next_reply = True
        return await push(*arguments)

    patch.setattr(idempotency.IdempotencyKeys, "_push", cut)


def test_lost_confirmation_is_unknown_and_the_repeat_gets_the_result(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as other:
            path = f"/v1/orders/{await submit(other)}"
        async with run_proxy(redis_url) as proxy, run_gateway(proxy.url) as client:
            await client.delete("/v1/orders/5", headers=under("the script is loaded"))
            lose_reply_to_push(proxy, monkeypatch)
            response = await client.delete(path, headers=under("l"))
            monkeypatch.undo()
            assert (response.status_code, response.json()["status"]) == (202, "unknown")
            repeat = await client.delete(path, headers=under("l"))
            assert (repeat.status_code, repeat.json()["status"]) == (200, "canceled")
            assert is_replayed(repeat)

    with run_engine(redis_url):
        asyncio.run(run())


def test_without_redis_nothing_is_queued(redis_url: str) -> None:
    async def run() -> None:
        async with run_proxy(redis_url) as proxy, run_gateway(proxy.url) as client:
            await proxy.close()
            response = await client.delete("/v1/orders/5", headers=under("n"))
            assert (response.status_code, response.json()["code"]) == (503, "queue_unavailable")

    asyncio.run(run())


def test_answer_that_left_the_journal_is_unknown_and_never_done_again(redis_url: str) -> None:
    async def scenario(first: Client, second: Client) -> None:
        path = f"/v1/orders/{await submit(first)}"
        await first.delete(path, headers=under("f"))
        with open_redis(redis_url) as server:
            for _ in range(idempotency.MAX_ENTRIES_BEFORE + 1):
                server.rpush(channels.ORDER_QUEUE, b'{"command":"cancel_all"}')
            wait_until_drained(server)
            sequence = int(server.hget(channels.STATE, channels.STATE_SEQUENCE) or 0)
            server.xtrim(channels.JOURNAL, minid=f"{sequence}-1")
        repeat = await second.delete(path, headers=under("f"))
        assert (repeat.status_code, repeat.json()["status"]) == (202, "unknown")

    play(redis_url, scenario)


def test_engine_put_something_first_and_the_answer_is_found_all_the_same(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url, reply_seconds=0.05) as client:
            response = await client.delete("/v1/orders/5", headers=under("h"))
            assert response.json()["status"] == "accepted"
            with open_redis(redis_url) as server:
                server.lpush(channels.ORDER_QUEUE, *[b'{"command":"cancel_all"}'] * 9)
                with run_engine(redis_url):
                    wait_until_drained(server)
            repeat = await client.delete("/v1/orders/5", headers=under("h"))
            assert (repeat.status_code, repeat.json()["code"]) == (404, "unknown_order")

    asyncio.run(run())


# signatures

SIGNER = ApiKey(
    key="signing-key-0123456", account="alice", scopes=EVERY_SCOPE, secret="a-secret-0123456"
)


def sign_change(method: str, path: str, body: bytes, window: int = 0) -> dict[str, Any]:
    """What `httpx` needs to send a signed change, again and again."""
    stamp = str(time.time_ns() // 1_000_000 + window)
    signature = sign(SIGNER.secret or "", stamp, method, path, body)
    headers = {
        "X-API-Key": SIGNER.key,
        "X-Timestamp": stamp,
        "X-Signature": signature,
        "Content-Type": "application/json",
    }
    return {"method": method, "url": path, "content": body, "headers": headers}


def test_replay_of_a_signed_change_changes_nothing(redis_url: str) -> None:
    """Neither as it was, nor under an Idempotency-Key, which is not signed."""

    async def run() -> None:
        async with run_gateway(redis_url, keys=[SIGNER]) as client:

            async def send(change: dict[str, Any], key: str | None = None) -> httpx.Response:
                more = {} if key is None else under(key)
                return await client.request(**change | {"headers": change["headers"] | more})

            submission = sign_change("POST", "/v1/orders?response=result", encode(ORDER))
            path = f"/v1/orders/{(await send(submission)).json()['order_id']}"
            to_half = sign_change("PATCH", path, b'{"quantity":"0.5"}')
            done = await send(to_half)
            await send(sign_change("PATCH", path, b'{"quantity":"0.8"}'), "a-1")
            for key in (None, "another"):
                replay = await send(to_half, key)
                assert (is_replayed(replay), replay.json()) == (True, done.json())
            repeat = sign_change("PATCH", path, b'{"quantity":"0.8"}', window=1)
            assert is_replayed(await send(repeat, "a-1"))
            assert is_replayed(await send(repeat))
            disarm = sign_change("POST", "/v1/cancel-after", b'{"seconds":0}')
            await send(disarm)
            armed = await send(sign_change("POST", "/v1/cancel-after", b'{"seconds":60}'))
            assert armed.json()["due"]
            assert is_replayed(await send(disarm))
        with open_redis(redis_url) as server:
            entries = [decode_entry(raw) for raw in list_commands(server)]
        assert [entry.quantity for entry in entries if entry.command == "amend"] == ["0.5", "0.8"]
        assert [entry.seconds for entry in entries if entry.command == "cancel_after"] == [0, 60]

    with run_engine(redis_url):
        asyncio.run(run())


def test_change_under_a_key_is_measured_like_any_other(redis_url: str) -> None:
    async def run() -> None:
        async with run_gateway(redis_url) as client:
            await client.delete("/v1/orders/5?response=ack", headers=under("m"))
            text = (await client.get("/metrics")).text
        for name in ("gateway_accept_seconds", "gateway_push_entries", "gateway_queue_depth"):
            assert f"{name}_count 1.0" in text

    asyncio.run(run())


def test_client_repeats_its_cancels_through_cut_connections_and_two_workers(
    redis_url: str, tmp_path: Path
) -> None:
    """Every order is canceled, each cancel is answered 200, none is done twice."""
    count = 30

    async def run(url: str) -> None:
        async with run_proxy(url.replace("http", "redis")) as proxy:
            entrance = proxy.url.replace("redis", "http").removesuffix("/0")
            async with GatewayClient(url) as straight, GatewayClient(entrance) as client:
                orders = [
                    await straight.submit_order("BTC-USDT", "buy", "1", price="60000")
                    for _ in range(count)
                ]
                for order in orders:
                    proxy.cuts_next_reply = True
                    assert (await client.cancel_order(order.order_id)).status == "canceled"

    settings = {"UVICORN_WORKERS": "2", "DATA_DIR": str(tmp_path)}
    with run_engine(redis_url), run_workers(redis_url, count=2, **settings) as (url, _):
        asyncio.run(run(url))
        with open_redis(redis_url) as server:
            commands = [decode_entry(raw) for raw in list_commands(server)]
    assert sum(entry.command == "cancel" for entry in commands) == count
