"""What the services' clients of Redis owe those who wait for them: an end, if they are told to."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from market_data.following.engine_redis import connect_redis
from order_gateway.queueing.redis_client import make_client

TURNS = 40
"""More than a command takes: each is once the last before the cancel."""
PATIENCE_SECONDS = 10.0

each_client = pytest.mark.parametrize(
    "connect",
    [pytest.param(lambda url: connect_redis(url, 5.0), id="market_data"),
     pytest.param(make_client, id="order_gateway")],
)  # fmt: skip
Connect = Callable[[str], Redis]


@each_client
def test_a_cancel_ends_a_task_in_whatever_turn_of_a_command_it_comes(
    redis_url: str, connect: Connect
) -> None:
    asyncio.run(_cancel_in_every_turn(connect(redis_url)))


async def _cancel_in_every_turn(client: Any) -> None:
    async def ask_for_ever() -> None:
        while True:
            await client.hmget("state", ["sequence"])

    for turns in range(TURNS):
        task = asyncio.create_task(ask_for_ever())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        _, going_on = await asyncio.wait([task], timeout=PATIENCE_SECONDS)
        while not task.done():
            task.cancel()
            await asyncio.sleep(0.01)
        assert not going_on, f"the cancel in turn {turns} was lost"
    await client.aclose()


def test_a_server_that_does_not_answer_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client: Any = connect_redis(f"redis://127.0.0.1:{server.getsockname()[1]}/0", 0.1)
        with pytest.raises(RedisTimeoutError, match=r"no answer within 0\.1 seconds"):
            asyncio.run(client.ping())
