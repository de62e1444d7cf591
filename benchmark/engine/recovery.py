"""How long an engine takes to come back from a long journal, and what limits it."""

import time
from typing import NamedTuple

from benchmark.shared.cpu_clock import read_cpu
from benchmark.shared.figures import Figures
from benchmark.shared.positions import read_redis_pid
from engine.storage.journal import read_journal
from engine.storage.recovery import recover_exchange
from engine.storage.redis_client import connect_redis
from protocol import channels
from protocol.instrument import Instrument


class Spent(NamedTuple):
    """Seconds on the clock, of the engine's CPU and of Redis's."""

    clock: float
    engine: float
    redis: float

    def __str__(self) -> str:
        return (
            f"{self.clock:6.1f} s   engine {self.engine:6.1f} s   Redis {self.redis:5.1f} s of CPU"
        )


class Stopwatch:
    """Measures from when it was made."""

    def __init__(self, server: int) -> None:
        self._server = server
        self._began = self._read()

    def read(self) -> Spent:
        """Return what was spent until now."""
        return Spent(*(now - then for now, then in zip(self._read(), self._began, strict=True)))

    def _read(self) -> tuple[float, float, float]:
        return time.perf_counter(), time.process_time(), read_cpu(self._server)


def measure_recovery(url: str, instruments: list[Instrument], closed_orders: int) -> Figures:
    """Recover from the journal at `url`, which no engine serves."""
    with connect_redis(url) as client:
        server = read_redis_pid(client)
        commits = int(client.xlen(channels.JOURNAL))
        size = int(client.memory_usage(channels.JOURNAL, samples=5) or 0)
        watch = Stopwatch(server)
        for _ in read_journal(client, 0):
            pass
        reading = watch.read()
        watch = Stopwatch(server)
        exchange = recover_exchange(client, instruments, closed_orders)
        whole = watch.read()
    count = exchange.sequence
    print(f"\nrecovery of {count:,} commands in {commits:,} commits, {size >> 20:,} MB of journal")
    print(f"  all            {whole}   {whole.clock / count * 1e6:5.1f} us a command")
    print(f"  reading alone  {reading}")
    return {
        "all: s": whole.clock,
        "all: us of CPU a command": whole.engine / count * 1e6,
        "reading alone: us of CPU a command": reading.engine / count * 1e6,
    }
