"""The system on a Redis Cluster of nine nodes, with standby engines, without Binance's gateway."""

import asyncio
import signal
import time
from pathlib import Path

from benchmark.chaos.cluster_nodes import LONGEST_DOWN_SECONDS, ClusterNodes, find_recoveries
from benchmark.chaos.fleet import Fleet, Member
from launcher.redis.access import RedisAddresses
from protocol.channels import ORDER_QUEUE


class ClusterFleet(Fleet):
    """A fleet whose servers are nodes; a primary stays away long enough to be replaced."""

    engine_arguments = ("--standby",)
    binance_workers = ()
    longest_down = {"node": LONGEST_DOWN_SECONDS}  # noqa: RUF012 - it cannot change

    def _make_servers(self, folder: Path) -> tuple[RedisAddresses, list[Member]]:
        self.failures: list[tuple[str, float]] = []
        """What was done to a primary, and when."""
        self._nodes = ClusterNodes(folder, self._logs, self._generator)
        url = self._nodes.url
        return RedisAddresses(*[url] * len(RedisAddresses._fields)), self._nodes.members

    async def wait_for_redis(self) -> None:
        """Wait until all nodes are one cluster."""
        await asyncio.to_thread(self._nodes.form)

    def kill(self, kind: str) -> None:
        """Kill one process of `kind`; of the nodes, the one that has the list, or a replica."""
        if kind not in {"primary", "replica"}:
            super().kill(kind)
            return
        member = self._nodes.find(kind, ORDER_QUEUE)
        if member is not None and member.is_running and not self._nodes.is_shaken():
            self._note_failure("kill", kind)
            member.send(signal.SIGKILL)
            self.kills[kind] += 1

    async def restart_redis(self, times: int) -> None:
        """Kill all nodes at once, and start them again, `times` times."""
        for _ in range(times):
            await asyncio.to_thread(self._nodes.restart)

    async def pause(self, kind: str, seconds: float, *, is_for_all: bool = False) -> None:
        """Pause one process of `kind`, or all, as `kill` chooses them."""
        if kind not in {"primary", "replica"}:
            await super().pause(kind, seconds, is_for_all=is_for_all)
            return
        member = self._nodes.find(kind, ORDER_QUEUE)
        if member is None or member.is_stopped or self._nodes.is_shaken():
            return
        self._note_failure("pause", kind)
        self.kills[f"{kind} (paused)"] += 1
        member.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        member.send(signal.SIGCONT)

    def fail_over(self) -> None:
        """Have a replica take the primary's place, both of them alive."""
        if self._nodes.fail_over(ORDER_QUEUE):
            self._note_failure("failover", "primary")
            self.kills["primary (failover)"] += 1

    def list_recoveries(self, moments: list[float]) -> list[float]:
        """List the seconds from each death of a primary to the next order that was acknowledged."""
        return find_recoveries([at for verb, at in self.failures if verb == "kill"], moments)

    def _note_failure(self, verb: str, kind: str) -> None:
        if kind == "primary":
            self.failures.append((verb, time.monotonic()))
