"""What it costs that the replicas have it, too: a cluster beside one server, in turn."""

import statistics
import time
from typing import Any

from benchmark.shared.figures import Figures
from cluster.replication import Replication
from protocol.channels import ORDER_QUEUE
from tests.support.redis_client import open_redis

PUSHES = 500


def measure_accepts(single: str, cluster: str, entry: bytes) -> Figures:
    """Push one order at a time as a gateway does, in turn; print and return the medians in ms."""
    alone: list[float] = []
    replicated: list[float] = []
    replication = Replication(ORDER_QUEUE)
    with open_redis(single) as one, open_redis(cluster) as primary:
        for _ in range(PUSHES):
            alone.append(_push(one, entry))
            replicated.append(_push(primary, entry, replication))
        for client in (one, primary):
            client.delete(ORDER_QUEUE)
    before, after = (statistics.median(each) * 1000 for each in (alone, replicated))
    print(f"  accept p50: {before:.2f} ms on one, {after:.2f} on a cluster: {after / before:.2f} x")
    return {"accept p50, ms: one": before, "accept p50, ms: cluster": after}


def _push(client: Any, entry: bytes, replication: Replication | None = None) -> float:
    """Return the seconds until it is acknowledged: by every replica, if there are some."""
    connection = client.connection_pool.get_connection()
    push = ("RPUSH", ORDER_QUEUE, entry)
    started = time.perf_counter()
    if replication is None:
        _ask(connection, push)
    else:
        _, *answers = _ask(connection, push, *replication.questions)
        while not replication.is_kept(answers):
            answers = _ask(connection, *replication.questions)
    seconds = time.perf_counter() - started
    client.connection_pool.release(connection)
    return seconds


def _ask(connection: Any, *commands: Any) -> list[object]:
    """Send commands in one write; return their answers."""
    connection.send_packed_command(connection.pack_commands(commands))
    return [connection.read_response() for _ in commands]
