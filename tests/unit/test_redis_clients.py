"""No service's Redis client repeats a command by itself, whatever the user's URL asks for.

A second RPUSH is a second order, so an unknown outcome is the service's to settle. Each service
builds its client in one place; the services may not import each other, and `protocol` may not
import redis, so this is where the rule stands.
"""

from collections.abc import Callable
from typing import Any

import pytest

import archive.__main__
import engine.storage.redis_client
import launcher.redis.server
import market_data.following.engine_redis
import order_gateway.queueing.redis_client

CLIENTS: dict[str, Callable[[str], Any]] = {
    "archive": archive.__main__.connect_redis,
    "engine": engine.storage.redis_client.connect_redis,
    "launcher": launcher.redis.server.connect,
    "market_data": lambda url: market_data.following.engine_redis.connect_redis(url, 1.0),
    "order_gateway": order_gateway.queueing.redis_client.make_client,
}


@pytest.mark.parametrize("query", ["", "?retry_on_timeout=yes"])
@pytest.mark.parametrize("service", CLIENTS)
def test_client_repeats_nothing(service: str, query: str) -> None:
    client = CLIENTS[service](f"redis://127.0.0.1:1/0{query}")
    connection = client.connection_pool.make_connection()
    assert connection.retry.get_retries() == 0


def test_bare_connection_of_the_gateway_repeats_nothing() -> None:
    url = "redis://127.0.0.1:1/0?retry_on_timeout=yes"
    connection = order_gateway.queueing.redis_client.make_connection(url)
    assert connection.retry.get_retries() == 0
