"""Which node has a key, as a node says it."""

from typing import Any

from redis.crc import key_slot
from redis.exceptions import (
    ClusterDownError,
    MasterDownError,
    MovedError,
    ReadOnlyError,
    ResponseError,
)

from cluster.address import Node

ELSEWHERE = (MovedError, ReadOnlyError, ClusterDownError, MasterDownError)
"""What a node answers that is not, or no longer, the primary of the slot."""


def find_slot(key: str) -> int:
    """Return the slot of a key: that of what it has in braces, if it has braces."""
    return int(key_slot(key.encode()))


def choose_primary(ranges: Any, slot: int, asked: Node) -> Node | None:
    """Choose the slot's primary from the answer of CLUSTER SLOTS; None if nobody has the slot.

    A node that does not know its own name is the one that was `asked`.
    """
    for first, last, primary, *_replicas in ranges:
        if first <= slot <= last:
            return _read_node(primary, asked)
    return None


def list_nodes(ranges: Any, asked: Node) -> list[Node]:
    """List all nodes that the answer names."""
    return sorted({_read_node(node, asked) for _, _, *nodes in ranges for node in nodes})


def count_replicas(ranges: Any, slot: int) -> int:
    """Count the slot's replicas that the node knows to be alive; 0 if nobody has the slot."""
    for first, last, _primary, *replicas in ranges:
        if first <= slot <= last:
            return len(replicas)
    return 0


def list_primaries(ranges: Any, asked: Node) -> list[Node]:
    """List the primaries that the answer names."""
    return sorted({_read_node(primary, asked) for _, _, primary, *_replicas in ranges})


def means_elsewhere(error: ResponseError) -> bool:
    """Whether another node has to be asked."""
    return isinstance(error, ELSEWHERE)


def _read_node(described: Any, asked: Node) -> Node:
    host, port = described[:2]
    return Node(host.decode() if host else asked.host, int(port))
