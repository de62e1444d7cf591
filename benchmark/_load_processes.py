"""CPU and memory of each process of the system during a load, and which one is the limit."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

import psutil

from benchmark._cpu_clock import read_cpu

_MEGABYTE = 1 << 20
FULL = 0.85
"""Share of a core at which a process with one thread of work has no room left."""
GENERATOR = "load generator"

TOGETHER = 0.75
"""Share of all cores at which the processes stand in each other's way: the kernel works too."""


class Usage(NamedTuple):
    """A process's share of one core over the load, and its resident megabytes at the end."""

    name: str
    cpu_share: float
    megabytes: float


class ProcessWatch:
    """Reads what the system's processes have used since it was made."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes: dict[str, psutil.Process] = {}
        for name, pid in processes.items():
            with suppress(psutil.Error):
                self._processes[name] = psutil.Process(pid)
        self._processes[GENERATOR] = psutil.Process()
        psutil.cpu_percent()  # what it says is since the call before
        self._before = {name: read_cpu(one.pid) for name, one in self._processes.items()}

    def measure(self, seconds: float) -> list[Usage]:
        """Of each, the busiest first; one that has ended is left out."""
        usages = []
        for name, process in self._processes.items():
            with suppress(psutil.Error):
                cpu = (read_cpu(process.pid) - self._before[name]) / seconds
                usages.append(Usage(name, cpu, process.memory_info().rss / _MEGABYTE))
        return sorted(usages, key=lambda usage: usage.cpu_share, reverse=True)


def name_limit(usages: Sequence[Usage]) -> str:
    """What keeps the system from going faster, as far as CPU shares tell."""
    cores = os.cpu_count() or 1
    total = sum(usage.cpu_share for usage in usages)
    if not usages:
        return "unknown"
    busiest = usages[0]
    share = f"{busiest.cpu_share:.0%} of a core"
    if busiest.cpu_share >= FULL:
        return f"{busiest.name}, with {share}"
    if total >= TOGETHER * cores:
        shares = ", ".join(f"{usage.name} {usage.cpu_share:.0%}" for usage in usages[:3])
        return f"the machine's {cores} cores together ({shares})"
    if psutil.cpu_percent() >= FULL * 100:
        return f"other programs on the machine; of ours {busiest.name} is the busiest, {share}"
    return f"waiting (fsync, scheduling); the busiest is {busiest.name}, {share}"
