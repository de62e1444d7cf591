"""What the engine says of its own time."""

import msgspec
from redis import Redis

from protocol import channels
from protocol.timings import EngineTimings
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.waiting import wait_until

ORDER = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"9"}'


def read_timings(client: Redis) -> EngineTimings | None:
    raw = client.hget(channels.STATE, channels.STATE_TIMINGS)
    return msgspec.json.decode(raw, type=EngineTimings) if raw else None


def count(client: Redis) -> tuple[int, int]:
    timings = read_timings(client) or EngineTimings()
    return sum(timings.matching.counts), sum(timings.commit.counts)


def test_each_command_is_counted_and_a_replay_is_not(redis_server: str) -> None:
    with Redis.from_url(redis_server) as client:
        client.flushall()
        with run_engine(redis_server):
            client.rpush(channels.ORDER_QUEUE, *[ORDER] * 20)
            wait_until(lambda: count(client) == (20, 20), "all are counted")
        client.hdel(channels.STATE, channels.STATE_TIMINGS)
        with run_engine(redis_server):
            client.rpush(channels.ORDER_QUEUE, *[ORDER] * 3)
            wait_until_drained(client)
            wait_until(lambda: read_timings(client) is not None, "they are written")
            wait_until(lambda: count(client) == (3, 3), "the 20 replayed ones are not counted")
        timings = read_timings(client)
        assert timings is not None
        assert timings.matching.nanoseconds > 0
        assert timings.commit.nanoseconds > 0
