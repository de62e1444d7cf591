"""What happens to Redis, fault by fault: nothing acknowledged is lost, nothing happens twice."""

import os
import random
import shutil
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import OutOfMemoryError

from engine.audit.record import Record
from launcher.redis.append_only_file import mend_append_only_file
from launcher.redis.binary import find_redis_binaries
from protocol import channels
from tests.support.engine_service import make_service, run_engine, wait_until_drained
from tests.support.faults_orders import (
    Pusher,
    assert_history_is_right,
    make_order,
    read_client_order_ids,
)
from tests.support.faults_proxy import run_proxy
from tests.support.ports import find_free_port
from tests.support.redis_client import open_redis
from tests.support.redis_server import DURABLE, run_redis, run_small_redis
from tests.support.waiting import DEADLINE_SECONDS, wait_until

LEASE_SECONDS = 3.0


def test_nothing_acknowledged_is_lost_by_redis_killed_under_load_and_restarted_twice(
    tmp_path: Path,
) -> None:
    port, binary = find_free_port(), next(find_redis_binaries())
    service = make_service(f"redis://127.0.0.1:{port}/0", max_batch=16)
    engine = threading.Thread(target=service.run)
    pushers: list[Pusher] = []
    for count in (200, 400, 600):
        mend_append_only_file(binary, tmp_path)
        with run_redis(tmp_path, *DURABLE, port=port) as url, open_redis(url) as client:
            if not pushers:
                engine.start()
                pushers.append(Pusher(url))
            wait_until(lambda: client.xlen(channels.JOURNAL) > count / 16, "commits")  # noqa: B023
            wait_until(lambda: len(pushers[0].acknowledged) > count, "orders")  # noqa: B023
    [pusher] = pushers
    pusher.stop()
    mend_append_only_file(binary, tmp_path)
    with run_redis(tmp_path, *DURABLE, port=port) as url, open_redis(url) as client:
        wait_until_drained(client)
        service.stop()
        engine.join()
    with run_redis(tmp_path, *DURABLE, port=port) as url, open_redis(url) as client:
        opened = read_client_order_ids(client)
        assert set(pusher.acknowledged) <= set(opened)
        assert len(opened) == len(set(opened))
        assert_history_is_right(client)


def test_append_only_file_cut_at_random_bytes_leaves_a_whole_history(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    port, binary = find_free_port(), next(find_redis_binaries())
    with (
        run_redis(whole, *DURABLE, port=port) as url,
        open_redis(url) as client,
        run_engine(url, max_batch=7, snapshot_interval=100),
    ):
        for first in range(1, 401, 20):
            client.rpush(channels.ORDER_QUEUE, *map(make_order, range(first, first + 20)))
            wait_until_drained(client)
    size = (whole / "appendonlydir" / "appendonly.aof.1.incr.aof").stat().st_size
    generator = random.Random(5)
    for position in [size - 1, *(generator.randrange(size // 4, size) for _ in range(6))]:
        shutil.rmtree(cut, ignore_errors=True)
        shutil.copytree(whole, cut)
        os.truncate(cut / "appendonlydir" / "appendonly.aof.1.incr.aof", position)
        mend_append_only_file(binary, cut)
        with run_redis(cut, *DURABLE, port=port) as url, open_redis(url) as client:
            assert_history_is_right(client)
            client.delete(channels.LEASE)  # as its expiry would
            with run_engine(url, max_batch=7):
                client.rpush(channels.ORDER_QUEUE, make_order(9999))
                wait_until_drained(client)
        assert mend_append_only_file(binary, cut) is None
        with run_redis(cut, *DURABLE, port=port) as url, open_redis(url) as client:
            assert_history_is_right(client)
            assert Record(client).sequence > 0


def fill(client: Redis) -> int:
    """Push orders until Redis refuses; how many it took."""
    pushed = 0
    with suppress(OutOfMemoryError):
        while True:
            client.rpush(channels.ORDER_QUEUE, *map(make_order, range(pushed, pushed + 500)))
            pushed += 500
    return pushed


def test_full_redis_refuses_orders_and_the_engine_that_serves_drains(tmp_path: Path) -> None:
    with run_small_redis(tmp_path) as (url, client):
        service = make_service(url, snapshot_interval=10**9)
        engine = threading.Thread(target=service.run)
        with run_engine(url):
            client.rpush(channels.ORDER_QUEUE, make_order(-1))
            wait_until_drained(client)
        engine.start()
        wait_until(lambda: client.hget(channels.STATE, "epoch") == b"2", "it serves")
        pushed = fill(client)
        wait_until_drained(client)
        service.stop()
        engine.join()
        assert Record(client).sequence >= pushed + 1
        assert_history_is_right(client)


def test_connection_reset_after_the_commit_was_sent_commits_once(
    client: Redis, redis_url: str
) -> None:
    port = int(redis_url.rpartition(":")[2].partition("/")[0])
    with run_proxy(port) as proxy, run_engine(f"redis://127.0.0.1:{proxy.port}/0", max_batch=3):
        client.rpush(channels.ORDER_QUEUE, make_order(0))
        wait_until_drained(client)
        for round_number in range(1, 4):
            proxy.word = b"journal"  # a key of the commit
            first = round_number * 10
            client.rpush(channels.ORDER_QUEUE, *map(make_order, range(first, first + 10)))
            wait_until(lambda: proxy.word is None, "reset")
            client.delete(channels.LEASE)  # as its expiry would
            wait_until_drained(client)
        assert proxy.resets == 3
    assert read_client_order_ids(client) == ["order-0", *(f"order-{n}" for n in range(10, 40))]
    assert_history_is_right(client)


@pytest.mark.parametrize("policy", ["always", "everysec"])
def test_fsync_that_takes_longer_than_the_lease_changes_nothing(
    tmp_path: Path, policy: str
) -> None:
    """A slow fsync is a server that does nothing for a while: DEBUG SLEEP. With `always` it fsyncs
    before it answers anybody; with `everysec` a thread does, and the server stands still in its
    next write once that has taken 2 s. The lease runs out while commits wait in its sockets.

    `everysec` loses what was acknowledged in the last second or two where Redis or the host
    crashes, and only there: whatever else is killed or slow, nothing that was acknowledged."""
    durable = (*DURABLE, "--appendfsync", policy)
    with (
        run_redis(tmp_path, *durable, "--enable-debug-command", "yes") as url,
        open_redis(url) as client,
        run_engine(url, max_batch=5) as first,
    ):
        second = make_service(url, max_batch=5)
        waiting = threading.Thread(target=second.run)
        waiting.start()
        assert client.config_get("appendfsync") == {"appendfsync": policy}
        pusher = Pusher(url)
        wait_until(lambda: client.xlen(channels.JOURNAL) > 20, "commits")
        client.execute_command("DEBUG", "SLEEP", str(LEASE_SECONDS + 0.5))
        before = client.xlen(channels.JOURNAL)
        wait_until(lambda: client.xlen(channels.JOURNAL) > before + 20, "commits go on")
        pusher.stop()
        wait_until_drained(client)
        second.stop()
        first.stop()
        waiting.join(DEADLINE_SECONDS)
        assert set(pusher.acknowledged) == set(read_client_order_ids(client))
        assert_history_is_right(client)
