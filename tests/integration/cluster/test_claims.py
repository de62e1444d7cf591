"""A change with an Idempotency-Key on a cluster, one of whose replicas stands still."""

import asyncio
import signal

from cluster.slots import count_replicas, find_slot
from order_gateway.queueing.idempotency import Claim, IdempotencyKeys
from order_gateway.queueing.order_queue import OrderQueue
from order_gateway.queueing.redis_client import make_client
from protocol.commands import QueueEntry
from protocol.enums import CommandType
from protocol.shards import name_shard
from tests.support.redis_cluster import RedisCluster
from tests.support.waiting import wait_until

NAMES = name_shard(1, is_clustered=True)
ENTRY = QueueEntry(command=CommandType.CANCEL_ALL, account="alice", request_id="first")


def test_claim_is_asked_for_until_every_living_replica_has_it(cluster: RedisCluster) -> None:
    """A replica that stands still counts until the cluster has noticed it."""
    slot = find_slot(NAMES.order_queue)
    with cluster.open_primary(NAMES.order_queue) as primary:
        primary.set(f"{{{NAMES.order_queue}}}:written", 1)  # an empty replica counts for nobody
        wait_until(
            lambda: count_replicas(primary.execute_command("CLUSTER", "SLOTS"), slot) == 2,
            "both replicas are known",
        )
        replica = primary.info("replication")["slave0"]["port"]
        cluster.send(replica, signal.SIGSTOP)
        claims = [asyncio.run(claim(cluster.url)) for _ in range(2)]
        assert [each and (each.depth, each.request_id) for each in claims] == [
            (1, "first"), (0, "first"),
        ]  # fmt: skip
        assert primary.llen(NAMES.order_queue) == 1


async def claim(url: str) -> Claim | None:
    client = make_client(url, NAMES)
    queue = OrderQueue(url, lambda *_: None, read_depth, names=NAMES)
    try:
        return await IdempotencyKeys(client, queue, NAMES).push("alice", ["once"], ENTRY)
    finally:
        await queue.aclose()
        await client.aclose()


async def read_depth() -> int | None:
    return 0
