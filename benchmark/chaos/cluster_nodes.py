"""The nine nodes of a Redis Cluster, found by the key that they have."""

import random
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

from redis import RedisError

from benchmark.chaos.fleet import Member
from cluster.address import Node, parse_cluster
from cluster.blocking import ASK_SECONDS, Directory, open_node
from cluster.slots import find_slot
from launcher.cluster_shape import Shape
from launcher.environments import make_environment
from launcher.redis.binary import PACKAGED, find_redis_binaries
from launcher.redis.local_cluster import form_cluster, is_node_well, make_configuration
from tests.support.ports import find_free_port

SHAPE = Shape(3, 3)
LONGEST_DOWN_SECONDS = 3.0
"""How long a node that was killed may stay away: longer than it takes to replace a primary."""


class ClusterNodes:
    """Processes with data in `folder` and logs in `logs`."""

    def __init__(self, folder: Path, logs: Path, generator: random.Random) -> None:
        self._generator = generator
        binary = next(find_redis_binaries(PACKAGED))
        self._ports = [(find_free_port(), find_free_port()) for _ in range(SHAPE.nodes)]
        self.members: list[Member] = []
        for number, (port, bus_port) in enumerate(self._ports, 1):
            own = folder / f"node-{number}"
            own.mkdir()
            configuration = own / "redis.conf"
            configuration.write_text(make_configuration(port, bus_port, own))
            command = (str(binary.path), str(configuration))
            self.members.append(Member(f"node-{number}", command, make_environment("redis"), logs))

    @property
    def url(self) -> str:
        """The cluster's URL, with all nodes."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port, _ in self._ports)

    def form(self) -> None:
        """Wait until all nodes are one cluster."""
        form_cluster(self._ports, SHAPE)

    def restart(self) -> None:
        """Kill all nodes at once, and start them again."""
        for node in self.members:
            node.send(signal.SIGKILL)
        for node in self.members:
            node.wait()
            node.start()
        self.form()

    def fail_over(self, key: str) -> bool:
        """Have a replica take the place of the primary of `key`, both alive; return whether."""
        replica = self.find("replica", key)
        if replica is None or self.is_shaken():
            return False
        port = self._ports[self.members.index(replica)][0]
        with suppress(RedisError), self._open(port) as client:
            client.execute_command("CLUSTER FAILOVER")
            return True
        return False

    def is_shaken(self) -> bool:
        """Whether a node is away, or has not caught up: a second one would be too many."""
        if any(not node.is_running or node.is_stopped for node in self.members):
            return True
        return not all(is_node_well(self._open(port)) for port, _ in self._ports)

    def find(self, kind: str, key: str) -> Member | None:
        """Find the `primary` that has `key`, or a `replica` of it; None if nobody knows."""
        with suppress(RedisError):
            primary = Directory(parse_cluster(self.url), find_slot(key)).find_primary()
            if kind == "primary":
                return self._get_member(primary.port)
            with self._open(primary.port) as client:
                facts = client.info("replication")
            replicas = [facts[f"slave{n}"]["port"] for n in range(facts["connected_slaves"])]
            return self._get_member(self._generator.choice(replicas)) if replicas else None
        return None

    def _open(self, port: int) -> Any:
        return open_node(parse_cluster(self.url), Node("127.0.0.1", port), ASK_SECONDS)

    def _get_member(self, port: int) -> Member:
        [number] = [at for at, (own, _) in enumerate(self._ports) if own == port]
        return self.members[number]


def find_recoveries(deaths: list[float], moments: list[float]) -> list[float]:
    """List the seconds from each death of a primary to what was acknowledged next.

    What comes within a tenth of a second had been written before.
    """
    following = (min((m for m in moments if m > at + 0.1), default=None) for at in deaths)
    return [moment - at for at, moment in zip(deaths, following, strict=True) if moment is not None]
