"""A small Redis Cluster on this machine, for tests and trials: it outlives a node, no machine."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import redis

from launcher.cluster_shape import Shape
from launcher.redis.server import quote_path
from launcher.setup.errors import LaunchError

SLOTS = 16_384
NODE_TIMEOUT_MILLISECONDS = 1_000
FORM_SECONDS = 60.0
MEET_SECONDS = 5.0
_POLL_SECONDS = 0.05


def make_configuration(
    port: int, bus_port: int, folder: Path, maxmemory: str = "0", password: str = ""
) -> str:
    """Return the configuration of one node with its files in `folder`."""
    options: dict[str, str] = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": quote_path(folder),
        "save": '""',
        "maxmemory": maxmemory,
        "appendonly": "yes",
        "appendfsync": "always",
        "maxmemory-policy": "noeviction",
        "min-replicas-to-write": "1",
        "min-replicas-max-lag": "2",
        "repl-diskless-sync-delay": "0",
        "cluster-enabled": "yes",
        "cluster-config-file": "nodes.conf",
        "cluster-port": str(bus_port),
        "cluster-node-timeout": str(NODE_TIMEOUT_MILLISECONDS),
        "cluster-replica-validity-factor": "0",
        "cluster-require-full-coverage": "no",
    }
    if password:
        options |= {"requirepass": password, "masterauth": password}
    return "".join(f"{name} {value}\n" for name, value in options.items())


def form_cluster(nodes: Sequence[tuple[int, int]], shape: Shape, password: str = "") -> None:
    """Make one cluster of the nodes (port, bus port), the primaries first, unless they are one.

    Raises LaunchError if they do not come together.
    """
    clients: list[Any] = [
        redis.Redis(port=port, socket_timeout=5.0, password=password or None) for port, _ in nodes
    ]
    try:
        _wait(lambda: all(map(_is_up, clients)), "its nodes do not answer")
        if not _knows_others(clients[0]):
            _introduce(clients, nodes, shape)
        _wait(lambda: all(map(is_node_well, clients)), "its nodes do not come together")
    finally:
        for client in clients:
            client.close()


def _introduce(clients: list[Any], nodes: Sequence[tuple[int, int]], shape: Shape) -> None:
    for number, client in enumerate(clients[: shape.primaries]):
        first = number * SLOTS // shape.primaries
        last = (number + 1) * SLOTS // shape.primaries - 1
        client.execute_command("CLUSTER ADDSLOTSRANGE", first, last)
    _wait(_Meeting(clients, nodes), "its nodes do not know one another")
    names = [client.execute_command("CLUSTER MYID") for client in clients[: shape.primaries]]
    for number, client in enumerate(clients[shape.primaries :]):
        name = names[number % shape.primaries]
        _wait(lambda: _replicate(client, name), "a replica does not find its primary")  # noqa: B023


class _Meeting:
    """The condition that all nodes know one another; those who do not are introduced again.

    A handshake on a busy machine may end in vain, and no node tries it again by itself.
    """

    def __init__(self, clients: list[Any], nodes: Sequence[tuple[int, int]]) -> None:
        self._clients = clients
        self._nodes = nodes
        self._last = -MEET_SECONDS

    def __call__(self) -> bool:
        if time.monotonic() > self._last + MEET_SECONDS:
            self._last = time.monotonic()
            for port, bus_port in self._nodes[1:]:
                self._clients[0].execute_command("CLUSTER MEET", "127.0.0.1", port, bus_port)
        return all(
            len(client.execute_command("CLUSTER NODES")) == len(self._nodes)
            for client in self._clients
        )


def _replicate(client: Any, primary: bytes) -> bool:
    try:
        client.execute_command("CLUSTER REPLICATE", primary)
    except redis.ResponseError:  # it has not heard of it yet
        return False
    return True


def _is_up(client: Any) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def _knows_others(client: Any) -> bool:
    return len(client.execute_command("CLUSTER NODES")) > 1


def is_node_well(client: Any) -> bool:
    """Whether a node answers, sees the cluster as whole, and has its replicas, or its primary."""
    try:
        return _is_whole(client)
    except redis.RedisError:
        return False


def _is_whole(client: Any) -> bool:
    """Whether the node sees the cluster as whole, and has its replicas, or its primary."""
    facts = client.execute_command("CLUSTER INFO")
    if facts["cluster_state"] != "ok" or facts["cluster_slots_assigned"] != str(SLOTS):
        return False
    replication = client.info("replication")
    if replication["role"] == "master":
        replicas = replication["connected_slaves"]
        online = (replication[f"slave{n}"]["state"] == "online" for n in range(replicas))
        return bool(replicas > 0 and all(online))
    return bool(replication["master_link_status"] == "up")


def _wait(is_true: Any, otherwise: str) -> None:
    deadline = time.monotonic() + FORM_SECONDS
    while not is_true():
        if time.monotonic() > deadline:
            raise LaunchError(
                f"the local cluster did not form within {FORM_SECONDS:g} s: {otherwise}"
            )
        time.sleep(_POLL_SECONDS)
