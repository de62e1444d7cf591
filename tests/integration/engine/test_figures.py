"""What the engine says of its own work."""

import msgspec
from redis import Redis

from protocol import channels
from protocol.figures import EngineFigures
from tests.support.engine_service import run_engine, wait_until_drained
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until

ORDER = b'{"symbol":"BTC-USDT","side":"buy","order_type":"limit","quantity":"1","price":"9"}'


def read_figures(client: Redis) -> EngineFigures | None:
    raw = client.hget(channels.STATE, channels.STATE_FIGURES)
    return msgspec.json.decode(raw, type=EngineFigures) if raw else None


def count(client: Redis) -> tuple[int, int]:
    figures = read_figures(client) or EngineFigures()
    return sum(figures.matching.counts), sum(figures.commit.counts)


def test_each_command_is_counted_and_a_replay_is_not(redis_server: str) -> None:
    with open_redis(redis_server) as client:
        client.flushall()
        with run_engine(redis_server):
            client.rpush(channels.ORDER_QUEUE, *[ORDER] * 20)
            wait_until(lambda: count(client) == (20, 20), "all are counted")
        client.hdel(channels.STATE, channels.STATE_FIGURES)
        with run_engine(redis_server):
            client.rpush(channels.ORDER_QUEUE, *[ORDER] * 3)
            wait_until_drained(client)
            wait_until(lambda: read_figures(client) is not None, "they are written")
            wait_until(lambda: count(client) == (3, 3), "the 20 replayed ones are not counted")
        figures = read_figures(client)
        assert figures is not None
        assert figures.matching.nanoseconds > 0
        assert figures.commit.nanoseconds > 0


def test_what_is_refused_is_counted_by_its_code_whoever_sent_it(redis_server: str) -> None:
    off_tick = ORDER.replace(b'"9"', b'"9.001"')
    off_lot = ORDER.replace(b'"1"', b'"1.000001"')
    named = ORDER.replace(b"{", b'{"client_order_id":"one",', 1)
    unfillable = ORDER.replace(b'"limit"', b'"fok"')  # expires, and that is no refusal
    cancel = b'{"command":"cancel","order_id":"1","account":"nobody"}'
    entries = [off_tick, off_tick, off_lot, named, named, unfillable, cancel, b"no JSON"]
    expected = {
        "off_tick": 2, "off_lot": 1, "duplicate_order": 1, "unknown_order": 1,
        "unreadable_entry": 1,
    }  # fmt: skip
    with open_redis(redis_server) as client:
        client.flushall()
        with run_engine(redis_server):
            client.rpush(channels.ORDER_QUEUE, *entries)
            wait_until(lambda: count(client) == (8, 8), "all are counted")
            figures = read_figures(client)
        assert figures is not None
        assert figures.rejects == expected
