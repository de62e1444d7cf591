"""The system on a Redis Cluster of nine nodes, with standby engines, without Binance's gateway."""

import asyncio
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from redis import RedisError

from benchmark.chaos.fleet import Fleet, Member
from cluster.address import Node, parse_cluster
from cluster.blocking import ASK_SECONDS, Directory, open_node
from cluster.slots import find_slot
from launcher.cluster_shape import Shape
from launcher.environments import make_environment
from launcher.redis.access import RedisAddresses
from launcher.redis.binary import PACKAGED, find_redis_binaries
from launcher.redis.local_cluster import form_cluster, is_node_well, make_configuration
from protocol.channels import ORDER_QUEUE
from tests.support.ports import find_free_port

SHAPE = Shape(3, 3)


class ClusterFleet(Fleet):
    """A fleet whose servers are nodes; a primary stays away long enough to be replaced."""

    engine_arguments = ("--standby",)
    binance_workers = ()
    longest_down = {"node": 3.0}  # noqa: RUF012 - it cannot change

    def _make_servers(self, folder: Path) -> tuple[RedisAddresses, list[Member]]:
        self.failures: list[tuple[str, float]] = []
        """What was done to a primary, and when."""
        binary = next(find_redis_binaries(PACKAGED))
        self._ports = [(find_free_port(), find_free_port()) for _ in range(SHAPE.nodes)]
        nodes = []
        for number, (port, bus_port) in enumerate(self._ports, 1):
            own = folder / f"node-{number}"
            own.mkdir()
            configuration = own / "redis.conf"
            configuration.write_text(make_configuration(port, bus_port, own))
            command = (str(binary.path), str(configuration))
            environment = make_environment("redis")
            nodes.append(Member(f"node-{number}", command, environment, self._logs))
        url = "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port, _ in self._ports)
        return RedisAddresses(*[url] * len(RedisAddresses._fields)), nodes

    async def wait_for_redis(self) -> None:
        """Wait until all nodes are one cluster."""
        await asyncio.to_thread(form_cluster, self._ports, SHAPE)

    def kill(self, kind: str) -> None:
        """Kill one process of `kind`; of the nodes, the one that has the list, or a replica."""
        if kind not in {"primary", "replica"}:
            super().kill(kind)
            return
        member = self._find(kind)
        if member is not None and member.is_running and not self._is_shaken():
            self._note_failure("kill", kind)
            member.send(signal.SIGKILL)
            self.kills[kind] += 1

    async def restart_redis(self, times: int) -> None:
        """Kill all nodes at once, and start them again, `times` times."""
        for _ in range(times):
            for node in self.servers:
                node.send(signal.SIGKILL)
            for node in self.servers:
                node.wait()
                node.start()
            await self.wait_for_redis()

    async def pause(self, kind: str, seconds: float, *, is_for_all: bool = False) -> None:
        """Pause one process of `kind`, or all, as `kill` chooses them."""
        if kind not in {"primary", "replica"}:
            await super().pause(kind, seconds, is_for_all=is_for_all)
            return
        member = self._find(kind)
        if member is None or member.is_stopped or self._is_shaken():
            return
        self._note_failure("pause", kind)
        self.kills[f"{kind} (paused)"] += 1
        member.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        member.send(signal.SIGCONT)

    def fail_over(self) -> None:
        """Have a replica take the primary's place, both of them alive."""
        replica = self._find("replica")
        if replica is None or self._is_shaken():
            return
        with suppress(RedisError), self._open(self._get_port(replica)) as client:
            client.execute_command("CLUSTER FAILOVER")
            self._note_failure("failover", "primary")
            self.kills["primary (failover)"] += 1

    def list_recoveries(self, moments: list[float]) -> list[float]:
        """List the seconds from each death of a primary to the next order that was acknowledged."""
        recoveries = []
        for verb, at in self.failures:
            later = (moment for moment in moments if moment > at + 0.1)
            following = min(later, default=None)
            if verb == "kill" and following is not None:
                recoveries.append(following - at)
        return recoveries

    def _note_failure(self, verb: str, kind: str) -> None:
        if kind == "primary":
            self.failures.append((verb, time.monotonic()))

    def _is_shaken(self) -> bool:
        """Whether a node is away, or has not caught up: a second one would be too many."""
        if any(not node.is_running or node.is_stopped for node in self.servers):
            return True
        return not all(is_node_well(self._open(port)) for port, _ in self._ports)

    def _find(self, kind: str) -> Member | None:
        """Find the primary that has the list, or one of its replicas; None if nobody knows."""
        with suppress(RedisError):
            directory = Directory(parse_cluster(self.redis_url), find_slot(ORDER_QUEUE))
            primary = directory.find_primary()
            if kind == "primary":
                return self._get_member(primary.port)
            with self._open(primary.port) as client:
                facts = client.info("replication")
            replicas = [facts[f"slave{n}"]["port"] for n in range(facts["connected_slaves"])]
            return self._get_member(self._generator.choice(replicas)) if replicas else None
        return None

    def _open(self, port: int) -> Any:
        return open_node(parse_cluster(self.redis_url), Node("127.0.0.1", port), ASK_SECONDS)

    def _get_member(self, port: int) -> Member:
        [number] = [at for at, (own, _) in enumerate(self._ports) if own == port]
        return self.servers[number]

    def _get_port(self, member: Member) -> int:
        return self._ports[self.servers.index(member)][0]
