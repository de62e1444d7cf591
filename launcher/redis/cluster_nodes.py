"""The local cluster's nodes as services, and what each says of itself."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import redis

from cluster.address import Node, is_cluster, parse_cluster
from cluster.blocking import open_node
from launcher.cluster_shape import Shape
from launcher.environments import make_environment
from launcher.redis.binary import RedisBinary
from launcher.redis.local_cluster import make_configuration
from launcher.redis.server import REDIS_STAGE
from launcher.setup.errors import LaunchError
from launcher.supervision.listening import find_free_port, is_port_free
from launcher.supervision.private_text import write_private_text
from launcher.supervision.service import Service

_PREFIX = "redis-"
_PORTS = "ports"


class LocalNodes(NamedTuple):
    """The nodes of a local cluster: their ports, with those of their bus, and the password."""

    ports: list[tuple[int, int]]
    password: str

    @property
    def url(self) -> str:
        """The cluster's URL, which names every node in the order of their services."""
        places = ",".join(f"127.0.0.1:{port}" for port, _ in self.ports)
        return f"redis+cluster://:{self.password}@{places}"


def choose_nodes(shape: Shape, folder: Path) -> LocalNodes:
    """Choose the ports: those of before, which the nodes know one another by, if there are any.

    Raises LaunchError if another program has one of them, as it is beside a copy of the folder.
    """
    folder.mkdir(exist_ok=True)
    known = folder / _PORTS
    if known.exists():
        words = known.read_text().split()
        ports = [(int(port), int(bus)) for port, bus in zip(words[::2], words[1::2], strict=True)]
        if taken := [port for pair in ports for port in pair if not is_port_free(port)]:
            raise LaunchError(
                f"port {taken[0]} of the cluster in {folder} is taken: its nodes know one another"
                " by their ports; stop what has it, which is the exchange that this folder is a"
                " copy of, or delete the folder for an empty exchange"
            )
    else:
        ports = [(find_free_port(), find_free_port()) for _ in range(shape.nodes)]
        write_private_text(known, "".join(f"{port} {bus}\n" for port, bus in ports))
    return LocalNodes(ports, secrets.token_hex(24))


def make_node_services(
    nodes: LocalNodes, binary: RedisBinary, folder: Path, maxmemory: str
) -> Iterator[Service]:
    """Return each node as a service, with its files in a folder of its own."""
    for number, (port, bus_port) in enumerate(nodes.ports, 1):
        own = folder / f"node-{number}"
        own.mkdir(exist_ok=True)
        configuration = own / "redis.conf"
        text = make_configuration(port, bus_port, own, maxmemory, nodes.password)
        write_private_text(configuration, text)
        yield Service(
            name=f"{_PREFIX}{number}",
            command=(str(binary.path), str(configuration)),
            stage=REDIS_STAGE,
            environment=make_environment("redis"),
            is_quiet=True,
        )


def find_node(url: str, service: str) -> Node | None:
    """Return the node of the local cluster at `url` that runs as `service`; None if none does."""
    number = service.removeprefix(_PREFIX)
    if not is_cluster(url) or number == service or not number.isdecimal():
        return None
    return parse_cluster(url).seeds[int(number) - 1]


def describe_node(url: str, node: Node) -> tuple[bool, str]:
    """Return whether a node is well, and what it is: a primary, or the replica of another."""
    try:
        with open_node(parse_cluster(url), node, 1.0) as client:
            facts = client.info("replication")
    except redis.RedisError:
        return False, "no answer"
    if facts["role"] == "master":
        replicas = facts["connected_slaves"]
        return replicas > 0, f"primary, replicas={replicas}"
    is_linked = facts["master_link_status"] == "up"
    return is_linked, f"replica of {facts['master_port']}, link {facts['master_link_status']}"
