"""The memory of every process of a system, once a second."""

import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import NamedTuple

import psutil
from redis import RedisError

from protocol import channels
from tests.support.redis_client import open_redis

_MEGABYTE = 1 << 20
SECOND = 1.0


class Growth(NamedTuple):
    """Resident megabytes: at the start, the most in the first and second half, at the end."""

    start: float
    first_half: float
    second_half: float
    end: float

    @classmethod
    def of(cls, sizes: list[float]) -> "Growth":
        """Summarize sizes that were read once a second."""
        middle = (len(sizes) + 1) // 2
        first, second = sizes[:middle], sizes[middle:] or sizes
        return cls(sizes[0], max(first), max(second), sizes[-1])


class MemoryWatch:
    """Samples memory in a thread as long as the context."""

    def __init__(self, processes: Mapping[str, int], redis_url: str) -> None:
        self.deepest = 0
        """The most entries that waited in the list."""
        self.journal = 0
        """The most commits that the journal had."""
        self._processes = {name: psutil.Process(pid) for name, pid in processes.items()}
        self._client = open_redis(redis_url)
        self._sizes: dict[str, list[float]] = defaultdict(list)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        self._sample()
        self._client.close()

    def list_growths(self) -> Iterator[tuple[str, Growth]]:
        """List each process's name and how its memory grew."""
        for name, sizes in self._sizes.items():
            yield name, Growth.of(sizes)

    def _run(self) -> None:
        self._sample()
        while not self._ended.wait(SECOND):
            self._sample()

    def _sample(self) -> None:
        for name, process in self._processes.items():
            with suppress(psutil.NoSuchProcess):
                self._sizes[name].append(process.memory_info().rss / _MEGABYTE)
        with suppress(RedisError):
            self.deepest = max(self.deepest, self._client.llen(channels.ORDER_QUEUE))
            self.journal = max(self.journal, self._client.xlen(channels.JOURNAL))
