"""CPU and memory of each process of the system during a load, and of the machine's other work."""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import NamedTuple

import psutil

from benchmark.shared.cpu_clock import read_cpu

_MEGABYTE = 1 << 20
GENERATOR = "load generator"
_IDLE = ("idle", "iowait")
_COUNTED_TWICE = ("guest", "guest_nice")
"""Contained in `user` and `nice` already."""


class Usage(NamedTuple):
    """A process's share of one core over the load, and its resident megabytes at the end."""

    name: str
    cpu_share: float
    megabytes: float


class Costs(NamedTuple):
    """The usage of each process, busiest first, and the cores that anything else used."""

    usages: list[Usage]
    other_cores: float
    cores: int


class ProcessWatch:
    """Measures what has been used since it was made."""

    def __init__(self, processes: Mapping[str, int]) -> None:
        self._processes: dict[str, psutil.Process] = {}
        for name, pid in processes.items():
            with suppress(psutil.Error):
                self._processes[name] = psutil.Process(pid)
        self._processes[GENERATOR] = psutil.Process()
        self._before = {name: read_cpu(one.pid) for name, one in self._processes.items()}
        self._machine = _read_machine()

    def measure(self, seconds: float) -> Costs:
        """Return what was used in so many seconds; a process that has ended is left out."""
        busy = (_read_machine() - self._machine) / seconds
        usages = []
        for name, process in self._processes.items():
            with suppress(psutil.Error):
                cpu = (read_cpu(process.pid) - self._before[name]) / seconds
                usages.append(Usage(name, cpu, process.memory_info().rss / _MEGABYTE))
        usages.sort(key=lambda usage: usage.cpu_share, reverse=True)
        others = busy - sum(usage.cpu_share for usage in usages)
        return Costs(usages, max(0.0, others), os.cpu_count() or 1)


def _read_machine() -> float:
    """Return the busy seconds of all cores together."""
    times = psutil.cpu_times()._asdict()
    return float(
        sum(value for name, value in times.items() if name not in (*_IDLE, *_COUNTED_TWICE))
    )
