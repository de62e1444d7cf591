"""The producer against a real Redis: batches, order, and each outcome of a push."""

import asyncio
from itertools import groupby
from typing import Any, cast

import pytest
from redis.asyncio import Redis

from order_gateway.queueing import order_queue, waiting_pushes
from order_gateway.queueing.list_shares import MAX_SHARE
from order_gateway.queueing.order_queue import OrderQueue
from order_gateway.queueing.waiting_pushes import Push, PushState
from protocol.channels import ORDER_QUEUE
from tests.support.gateway import run_proxy
from tests.support.ports import find_free_port
from tests.support.redis_client import open_async_redis
from tests.support.waiting import DEADLINE_SECONDS

ACCOUNT = "alice"


def ignore_push(_entries: int, _depth: int, _seconds: float) -> None: ...


async def know_no_depth() -> int | None:
    return None


async def push_all(url: str, entries: list[bytes], **options: Any) -> list[Push]:
    queue = OrderQueue(url, ignore_push, know_no_depth, **options)
    try:
        pushes = await asyncio.gather(*(queue.push(ACCOUNT, entry) for entry in entries))
        return [push for [push] in pushes]
    finally:
        await queue.aclose()


async def push_one(queue: OrderQueue, entry: bytes) -> PushState:
    [push] = await queue.push(ACCOUNT, entry)
    return push.state


async def read_list(client: Redis) -> list[bytes]:
    entries: list[bytes] = await cast("Any", client).lrange(ORDER_QUEUE, 0, -1)
    return entries


async def hold_writes(client: Redis) -> None:
    await cast("Any", client).execute_command("CLIENT", "PAUSE", "60000", "WRITE")


async def release_writes(client: Redis) -> None:
    await cast("Any", client).execute_command("CLIENT", "UNPAUSE")


async def count_pushes(client: Redis) -> int:
    statistics: dict[str, Any] = await cast("Any", client).info("commandstats")
    return int(statistics.get("cmdstat_rpush", {}).get("calls", 0))


def test_entries_of_one_turn_go_in_one_push_in_their_order(redis_url: str) -> None:
    entries = [b"entry %d" % number for number in range(500)]

    async def run() -> None:
        async with open_async_redis(redis_url, protocol=2) as client:
            before = await count_pushes(client)
            pushes = await push_all(redis_url, entries)
            assert await count_pushes(client) == before + 1
            assert await read_list(client) == entries
        assert set(pushes) == {Push(PushState.CONFIRMED, 500)}

    asyncio.run(run())


def test_entries_that_come_during_a_push_go_in_the_next_one(redis_url: str) -> None:
    async def run() -> None:
        async with open_async_redis(redis_url, protocol=2) as client:
            before = await count_pushes(client)
            queue = OrderQueue(redis_url, ignore_push, know_no_depth)
            await queue.push(ACCOUNT, b"0")
            await hold_writes(client)
            waiting = []
            for number in range(1, 101):
                waiting.append(asyncio.ensure_future(queue.push(ACCOUNT, b"%d" % number)))
                await asyncio.sleep(0)
            await release_writes(client)
            depths = [push.depth for [push] in await asyncio.gather(*waiting)]
            await queue.aclose()
            assert await count_pushes(client) == before + 3
            assert await read_list(client) == [b"%d" % number for number in range(101)]
        assert depths == [3] * 2 + [101] * 98  # a push begins in the turn after the next

    asyncio.run(run())


def test_large_batch_is_cut_into_bounded_pushes(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_queue, "MAX_BATCH", 10)
    pushes = asyncio.run(push_all(redis_url, [b"entry"] * 25))
    assert [push.depth for push in pushes] == [10] * 10 + [20] * 10 + [25] * 5


def test_entry_over_the_bound_is_not_taken(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting_pushes, "MAX_WAITING", 2)
    pushes = asyncio.run(push_all(redis_url, [b"entry"] * 3))
    states = [push.state for push in pushes]
    assert states == [PushState.CONFIRMED, PushState.CONFIRMED, PushState.BUFFER_FULL]


def test_push_that_redis_refuses_is_refused(redis_url: str) -> None:
    async def run() -> None:
        async with open_async_redis(redis_url, protocol=2) as client:
            await cast("Any", client).set(ORDER_QUEUE, b"not a list")
        (push,) = await push_all(redis_url, [b"entry"])
        assert push.state is PushState.REFUSED

    asyncio.run(run())


def test_push_without_redis_is_not_sent() -> None:
    url = f"redis://127.0.0.1:{find_free_port()}/0"
    (push,) = asyncio.run(push_all(url, [b"entry"]))
    assert push.state is PushState.NOT_SENT


def test_push_whose_reply_is_lost_is_unknown_and_happens_once(redis_url: str) -> None:
    async def run() -> None:
        async with run_proxy(redis_url) as proxy, open_async_redis(redis_url, protocol=2) as client:
            queue = OrderQueue(proxy.url, ignore_push, know_no_depth)
            assert await push_one(queue, b"first") is PushState.CONFIRMED
            proxy.cuts_next_reply = True
            assert await push_one(queue, b"second") is PushState.UNKNOWN
            assert await queue.push(ACCOUNT, b"third") == [Push(PushState.CONFIRMED, 3)]
            await queue.aclose()
            assert await read_list(client) == [b"first", b"second", b"third"]

    asyncio.run(run())


def test_push_that_redis_does_not_answer_in_time_is_unknown(redis_url: str) -> None:
    async def run() -> None:
        async with open_async_redis(redis_url, protocol=2) as client:
            queue = OrderQueue(redis_url, ignore_push, know_no_depth, push_seconds=0.1)
            await hold_writes(client)
            assert await push_one(queue, b"first") is PushState.UNKNOWN
            await release_writes(client)
            await queue.aclose()
            [push] = await push_all(redis_url, [b"second"], push_seconds=DEADLINE_SECONDS)
            assert push.state is PushState.CONFIRMED

    asyncio.run(run())


def test_connection_that_ended_while_idle_costs_no_push(redis_url: str) -> None:
    async def run() -> None:
        async with run_proxy(redis_url) as proxy:
            queue = OrderQueue(proxy.url, ignore_push, know_no_depth)
            assert await push_one(queue, b"first") is PushState.CONFIRMED
            await proxy.close()
            assert await push_one(queue, b"second") is PushState.NOT_SENT
            await proxy.open()
            assert await queue.push(ACCOUNT, b"third") == [Push(PushState.CONFIRMED, 2)]
            await queue.aclose()

    asyncio.run(run())


def test_settled_is_what_came_before_and_not_what_comes_later(redis_url: str) -> None:
    async def run() -> None:
        async with open_async_redis(redis_url, protocol=2) as client:
            queue = OrderQueue(redis_url, ignore_push, know_no_depth)
            await queue.wait_until_settled(ACCOUNT)  # nothing is here
            await hold_writes(client)
            first = asyncio.create_task(queue.push(ACCOUNT, b"first"))
            await asyncio.sleep(0)
            settled = asyncio.create_task(queue.wait_until_settled(ACCOUNT))
            await asyncio.sleep(0.05)
            assert not settled.done()
            await release_writes(client)
            await settled
            assert await first == [Push(PushState.CONFIRMED, 1)]
            await queue.aclose()

    asyncio.run(run())


def test_what_waits_is_pushed_in_rounds_over_accounts(redis_url: str) -> None:
    async def run() -> None:
        async with open_async_redis(redis_url, protocol=2) as client:
            queue = OrderQueue(redis_url, ignore_push, know_no_depth)
            await queue.push(ACCOUNT, b"first")
            await hold_writes(client)
            hog = [queue.push("hog", *[b"hog %d" % number] * 100) for number in range(3)]
            waiting = [asyncio.ensure_future(each) for each in (*hog, queue.push(ACCOUNT, b"own"))]
            await asyncio.sleep(0)
            await release_writes(client)
            await asyncio.gather(*waiting)
            await queue.aclose()
            runs = [entry for entry, _ in groupby(await read_list(client))]
        assert runs == [b"first", b"hog 0", b"own", b"hog 0", b"hog 1", b"hog 2"]

    asyncio.run(run())


def test_account_waits_for_its_share_of_the_list_while_another_trades(redis_url: str) -> None:
    async def run() -> None:
        async with open_async_redis(redis_url, protocol=2) as client:

            async def take_all() -> int | None:
                await cast("Any", client).delete(ORDER_QUEUE)
                return 0

            queue = OrderQueue(redis_url, ignore_push, take_all)
            await queue.push(ACCOUNT, b"first")
            pushes = await queue.push("hog", *[b"hog"] * 2 * MAX_SHARE)
            await queue.aclose()
        assert [push.depth for push in pushes] == [1 + MAX_SHARE] * MAX_SHARE + [
            MAX_SHARE
        ] * MAX_SHARE

    asyncio.run(run())


def test_entry_pushed_by_other_means_waits_for_its_place_in_the_share(redis_url: str) -> None:
    async def run() -> None:
        async with open_async_redis(redis_url, protocol=2) as client:
            is_taking = False

            async def read_depth() -> int:
                return 0 if is_taking else 1 + MAX_SHARE

            queue = OrderQueue(redis_url, ignore_push, read_depth)
            await queue.push(ACCOUNT, b"first")
            await queue.push("hog", *[b"hog"] * MAX_SHARE)
            place = asyncio.create_task(queue.wait_for_place("hog"))
            assert await push_one(queue, b"own") is PushState.CONFIRMED
            assert not place.done()
            is_taking = True
            assert (await place).state is PushState.CONFIRMED
            assert await read_list(client) == [b"first", *[b"hog"] * MAX_SHARE, b"own"]
            await queue.aclose()

    asyncio.run(run())


def test_rest_of_a_request_whose_part_is_lost_is_not_sent(redis_url: str) -> None:
    async def run() -> None:
        async with run_proxy(redis_url) as proxy, open_async_redis(redis_url, protocol=2) as client:
            queue = OrderQueue(proxy.url, ignore_push, know_no_depth)
            assert await push_one(queue, b"first") is PushState.CONFIRMED
            proxy.cuts_next_reply = True
            pushes = await queue.push("hog", *[b"hog"] * (MAX_SHARE + 2))
            assert await push_one(queue, b"own") is PushState.CONFIRMED
            await queue.aclose()
            assert await read_list(client) == [b"first", *[b"hog"] * MAX_SHARE, b"own"]
        states = [push.state for push in pushes]
        assert states == [PushState.UNKNOWN] * MAX_SHARE + [PushState.NOT_SENT] * 2

    asyncio.run(run())
