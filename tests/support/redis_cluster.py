"""A Redis Cluster of the suite's own, whose nodes can be killed and started again."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import redis

from cluster.address import Node, parse_cluster
from cluster.blocking import Directory, open_node
from cluster.slots import find_slot
from launcher.cluster_shape import Shape
from launcher.redis.binary import PACKAGED, find_redis_binaries
from launcher.redis.local_cluster import form_cluster, make_configuration
from launcher.supervision.parent_death import make_child_setup
from tests.support.ports import find_free_port
from tests.support.redis_client import empty_redis
from tests.support.waiting import wait_until

SHAPE = Shape(3, 3)


class RedisCluster:
    """Nodes on free ports; the Valkey of the Python package, which knows WAITAOF."""

    def __init__(self, folder: Path, shape: Shape = SHAPE) -> None:
        self.shape = shape
        self._folder = folder
        self._binary = next(find_redis_binaries(PACKAGED))
        self._nodes = [(find_free_port(), find_free_port()) for _ in range(shape.nodes)]
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Its URL, with two of its nodes."""
        places = (f"127.0.0.1:{port}" for port, _ in self._nodes[:2])
        return f"redis+cluster://{','.join(places)}"

    def start(self) -> None:
        """Start all nodes, and make one cluster of them."""
        for port, _ in self._nodes:
            self.start_node(port)
        form_cluster(self._nodes, self.shape)

    def start_node(self, port: int) -> None:
        """Start a node, for the first time or again."""
        folder = self._folder / f"node-{port}"
        folder.mkdir(exist_ok=True)
        configuration = folder / "redis.conf"
        configuration.write_text(make_configuration(port, dict(self._nodes)[port], folder))
        command = [str(self._binary.path), str(configuration)]
        with (folder / "log").open("ab") as log:
            self._processes[port] = subprocess.Popen(
                command, stdout=log, stderr=subprocess.STDOUT, preexec_fn=make_child_setup()
            )

    def find_primary(self, key: str) -> Node:
        """Return the primary that has `key`, as the cluster sees it now."""
        return Directory(parse_cluster(self.url), find_slot(key)).find_primary()

    def open_primary(self, key: str) -> Any:
        """Open a client of that node alone."""
        return open_node(parse_cluster(self.url), self.find_primary(key), 60.0)

    def send(self, port: int, number: signal.Signals) -> None:
        """Signal a node."""
        self._processes[port].send_signal(number)

    def kill(self, port: int) -> None:
        """Kill a node, and wait for its end."""
        self._processes[port].kill()
        self._processes[port].wait()

    def fail_over(self, key: str) -> None:
        """Have a replica take the place of the primary that has `key`, both of them alive."""
        before = self.find_primary(key)
        with self.open_primary(key) as client:
            replicas = client.execute_command("CLUSTER REPLICAS", client.cluster("MYID").decode())
        port = int(str(next(iter(replicas))).rpartition(":")[2].partition("@")[0])
        with redis.Redis(port=port) as client:
            client.execute_command("CLUSTER FAILOVER")
        wait_until(lambda: self.find_primary(key) != before, "a replica has taken over")

    def wait_until_whole(self) -> None:
        """Start what was killed, and wait until every node has its place again."""
        for port, process in self._processes.items():
            process.send_signal(signal.SIGCONT)
            if process.poll() is not None:
                self.start_node(port)
        form_cluster(self._nodes, self.shape)

    def clear(self) -> None:
        """Empty every primary."""
        empty_redis(self.url)

    def close(self) -> None:
        """End all nodes."""
        for process in self._processes.values():
            process.kill()
            process.wait()


@contextmanager
def run_redis_cluster(folder: Path, shape: Shape = SHAPE) -> Iterator[RedisCluster]:
    """Run one as long as the context."""
    cluster = RedisCluster(folder, shape)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()
