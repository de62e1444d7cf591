"""What the questions behind a write say of it."""

import pytest
from redis.exceptions import ResponseError

from cluster.replication import Replication

UNKNOWN = ResponseError("unknown command 'WAITAOF', with args beginning with: '1' '1'")
NO_FILE = ResponseError("WAITAOF cannot be used when numlocal is set but appendonly is disabled.")
PRIMARY = [b"127.0.0.1", 7000, b"a", []]
REPLICA = [b"127.0.0.1", 7001, b"b", []]


def make_ranges(replicas: int) -> list[object]:
    return [[0, 16383, PRIMARY, *[REPLICA] * replicas]]


@pytest.mark.parametrize(
    ("received", "synced", "replicas", "kept"),
    [
        (1, [1, 1], 1, True),
        (2, [1, 2], 2, True),
        (1, [1, 1], 2, False),  # the other one may be elected
        (2, [1, 1], 2, False),
        (1, [1, 1], 0, True),  # the node has not heard of its replica yet
        (0, [1, 0], 0, False),
        (1, [0, 1], 1, False),
        (2, UNKNOWN, 2, True),  # Redis 7.0
        (0, UNKNOWN, 1, False),
        (1, NO_FILE, 1, False),
        (ResponseError("READONLY"), [1, 1], 1, False),
    ],
)
def test_write_is_kept_if_every_living_replica_has_it_on_disk(
    received: object, synced: object, replicas: int, kept: bool
) -> None:
    replication = Replication("order_queue")
    assert replication.is_kept([received, synced, make_ranges(replicas)]) is kept


def test_as_many_replicas_are_waited_for_as_there_are() -> None:
    replication = Replication("order_queue")
    replication.is_kept([2, [1, 2], make_ranges(2)])
    wait, sync, _slots = replication.questions
    assert (wait[:2], sync[:3]) == (("WAIT", 2), ("WAITAOF", 1, 2))


def test_node_that_says_nothing_of_its_replicas_confirms_nothing() -> None:
    replication = Replication("order_queue")
    assert not replication.is_kept([2, [1, 2], ResponseError("CLUSTERDOWN")])
