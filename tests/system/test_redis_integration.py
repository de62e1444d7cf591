"""Connection, queue operations and pub/sub, on the Redis of a running exchange."""

import json

from launcher.check.checks import check_redis
from launcher.check.target import Target
from launcher.supervision.run_file import RunRecord
from protocol import channels
from tests.support.engine_service import wait_until_drained
from tests.support.launched_system import LaunchedSystem, run_command
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until

ENTRY = {
    "symbol": "ETH-USDT", "side": "buy", "order_type": "limit", "quantity": "0.5", "price": "2000",
    "client_order_id": "pushed-by-hand",
}  # fmt: skip


def test_connection_queue_and_pubsub_work(exchange: RunRecord) -> None:
    target = Target(exchange.gateway_url, exchange.market_data_url, exchange.redis.url, [])
    assert check_redis(target).startswith("connection, list operations and pub/sub work")


def test_redis_keeps_what_it_confirmed(exchange: RunRecord) -> None:
    with open_redis(exchange.redis.url) as client:
        settings = client.config_get("append*", "maxmemory-policy", "aof-load-truncated")
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "always"
    assert settings["maxmemory-policy"] == "noeviction"
    assert settings["aof-load-truncated"] == "no"


def test_entry_pushed_by_hand_is_matched_journaled_and_published(exchange: RunRecord) -> None:
    with open_redis(exchange.redis.url) as client:
        listener = client.pubsub(ignore_subscribe_messages=True)
        listener.subscribe(channels.EXECUTION_REPORTS)
        wait_until(lambda: client.pubsub_numsub(channels.EXECUTION_REPORTS)[0][1], "subscribed")
        client.rpush(channels.ORDER_QUEUE, json.dumps(ENTRY))
        wait_until_drained(client)
        messages: list[bytes] = []
        wait_until(lambda: _receive(listener, messages), "the report")
        [(_, entry)] = client.xrevrange(channels.JOURNAL, count=1)
    assert b"pushed-by-hand" in messages[-1]
    assert messages[-1] == entry[channels.EXECUTION_REPORTS.encode()]


def _receive(listener: object, messages: list[bytes]) -> bool:
    message = listener.get_message(timeout=0.1)  # type: ignore[attr-defined]
    if message:
        messages.append(message["data"])
    return bool(messages) and b"pushed-by-hand" in messages[-1]


def test_unreadable_entry_is_listed_with_its_reason_and_trading_goes_on(
    exchange: RunRecord,
) -> None:
    with open_redis(exchange.redis.url) as client:
        before = client.llen(channels.DEAD)
        client.rpush(channels.ORDER_QUEUE, b"not JSON at all", json.dumps(ENTRY))
        wait_until_drained(client)
        assert client.llen(channels.DEAD) == before + 1
        dead = json.loads(client.lrange(channels.DEAD, -1, -1)[0])
    assert (dead["reason"], dead["entry"]) == ("unreadable_entry", "not JSON at all")


def test_clear_command_has_the_engine_reject_what_is_pending(launched: LaunchedSystem) -> None:
    """The engine is fast: what counts is that the request itself is taken and nothing is stuck."""
    done = run_command(launched.folder, "redis", "clear")
    assert done.returncode == 0
    assert "entries were pending" in done.stdout
    with open_redis(launched.record.redis.url) as client:
        client.rpush(channels.ORDER_QUEUE, json.dumps(ENTRY))
        wait_until_drained(client)
