"""Engines on a cluster: what they tell has been replicated, and outlives a primary."""

import json
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import RedisError

from cluster.replication import Replication
from engine.audit.record import open_records
from engine.audit.verify import verify_record
from engine.storage.journal import read_journal
from engine.storage.redis_client import connect_redis
from protocol import channels
from protocol.shards import ShardNames, name_shard
from tests.support.engine_service import run_engine_process
from tests.support.redis_cluster import RedisCluster
from tests.support.shards import SYMBOLS, write_instruments
from tests.support.waiting import wait_until

SHARDS = {shard: name_shard(shard, is_clustered=True) for shard in SYMBOLS}
ORDER = (
    '{"symbol":"%s","side":"buy","order_type":"limit","quantity":"1","price":"100",'
    '"client_order_id":"%s"}'
)


@contextmanager
def run_engines(cluster: RedisCluster, folder: Path, *arguments: str) -> Iterator[list[Any]]:
    file = str(write_instruments(folder))
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                run_engine_process(
                    cluster.url, folder / str(shard), f"--shard={shard}", *arguments,
                    INSTRUMENTS_FILE=file, BALANCES="unlimited",
                )
            )
            for shard in SHARDS
        ]  # fmt: skip
        for names in SHARDS.values():
            wait_until_served(cluster, names)
        yield processes


def wait_until_served(cluster: RedisCluster, names: ShardNames) -> None:
    def is_served() -> bool:
        with connect_redis(cluster.url, names) as client:
            ready = client.hget(names.state, channels.STATE_READY)
            return ready is not None and ready == client.get(names.lease)

    wait_until(lambda: _try(is_served), f"shard {names.shard} is served")


def wait_until_confirmed(cluster: RedisCluster, names: ShardNames) -> None:
    def is_confirmed() -> bool:
        with connect_redis(cluster.url, names) as client:
            fields = [channels.STATE_SEQUENCE, channels.STATE_CONFIRMED]
            sequence, confirmed = client.hmget(names.state, fields)
            return bool(client.llen(names.order_queue) == 0 and sequence == confirmed)

    wait_until(lambda: _try(is_confirmed), "all is matched and confirmed")


def _try(ask: Any) -> bool:
    try:
        return bool(ask())
    except RedisError:
        return False


def push(cluster: RedisCluster, names: ShardNames, orders: list[str]) -> bool:
    """Push as a gateway does; return whether it is acknowledged."""
    try:
        with connect_redis(cluster.url, names) as client:
            connection: Any = client.connection_pool.get_connection()
            command = ("RPUSH", names.order_queue, *orders)
            replication = Replication(names.order_queue)
            connection.send_packed_command(connection.pack_commands([command]))
            connection.read_response()
            for _ in range(5):
                questions = replication.questions
                connection.send_packed_command(connection.pack_commands(questions))
                if replication.is_kept([connection.read_response() for _ in questions]):
                    return True
    except RedisError:
        pass
    return False


def read_names(cluster: RedisCluster, names: ShardNames) -> list[str]:
    """Read the names of all orders that were taken."""
    with connect_redis(cluster.url, names) as client:
        messages = [
            entry.messages.get(channels.EXECUTION_REPORTS) for entry in read_journal(client, 0)
        ]
    return [
        event["client_order_id"]
        for message in filter(None, messages)
        for event in json.loads(message)["events"]
        if event["type"] == "execution_report"
    ]


def test_each_shard_is_on_a_node_of_its_own_and_touches_no_other(
    cluster: RedisCluster, tmp_path: Path
) -> None:
    nodes = {cluster.find_primary(names.order_queue).port for names in SHARDS.values()}
    assert len(nodes) == len(SHARDS)
    with run_engines(cluster, tmp_path):
        for shard, names in SHARDS.items():
            assert push(cluster, names, [ORDER % (SYMBOLS[shard], "one")])
            wait_until_confirmed(cluster, names)
    for names in SHARDS.values():
        with cluster.open_primary(names.order_queue) as client:
            assert {key.decode().partition("}")[0] for key in client.keys("*")} == {
                f"{{{names.order_queue}"
            }


def test_commit_is_published_only_when_it_is_confirmed(
    cluster: RedisCluster, tmp_path: Path
) -> None:
    names = SHARDS[2]
    with run_engines(cluster, tmp_path), cluster.open_primary(names.order_queue) as client:
        listener = client.pubsub(ignore_subscribe_messages=True)
        listener.ssubscribe(names.channel(channels.EXECUTION_REPORTS))
        listener.get_sharded_message(timeout=5)
        push(cluster, names, [ORDER % (SYMBOLS[2], "one")])
        heard: dict[str, Any] = {}
        wait_until(
            lambda: heard.update(listener.get_sharded_message(timeout=0.1) or {}) or heard, "it"
        )
        told = json.loads(heard["data"])["sequence"]
        assert int(client.hget(names.state, channels.STATE_CONFIRMED)) >= told
        listener.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_primary_that_dies_takes_no_acknowledged_order_with_it(
    cluster: RedisCluster, tmp_path: Path, number: signal.Signals
) -> None:
    names = SHARDS[1]
    acknowledged: list[str] = []

    def send(first: int, count: int) -> None:
        for place in range(first, first + count):
            if push(cluster, names, [ORDER % (SYMBOLS[1], f"n{place}")]):
                acknowledged.append(f"n{place}")

    with run_engines(cluster, tmp_path):
        send(0, 50)
        dead = cluster.find_primary(names.order_queue)
        cluster.send(dead.port, number)
        send(50, 1)
        wait_until(lambda: cluster.find_primary(names.order_queue) != dead, "another is primary")
        wait_until_served(cluster, names)
        send(100, 50)
        cluster.wait_until_whole()
        wait_until_confirmed(cluster, names)
    taken = read_names(cluster, names)
    assert len(taken) == len(set(taken))
    assert set(acknowledged) <= set(taken)
    assert len(acknowledged) >= 90
    with open_records(cluster.url, [1]) as [record]:
        assert verify_record(record).findings == []
