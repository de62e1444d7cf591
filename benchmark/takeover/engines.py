"""Two engines, each on a machine of its own as far as it can see: one serves, one follows."""

import signal
from contextlib import ExitStack
from pathlib import Path
from typing import Self, cast

from redis import Redis

from benchmark.shared.child_process import Child, end, start_python
from protocol import channels
from protocol.standbys import Standby, decode_standbys
from tests.support.redis_client import open_redis
from tests.support.waiting import wait_until

START_SECONDS = 120.0


class Engines:
    """Standbys of one another, kept at two; neither finds the other's owner file."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url = url
        self._folder = folder
        self._stack = ExitStack()
        self._client = self._stack.enter_context(open_redis(url))
        self._living: dict[int, Child] = {}
        self._started = 0

    def __enter__(self) -> Self:
        """Start both."""
        self._stack.callback(self._end_all)
        for _ in range(2):
            self._start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def find_serving(self) -> int:
        """Return the pid of the one that serves, as soon as the other has caught up with it."""
        serving: list[int] = []

        def is_settled() -> bool:
            standbys = _list_standbys(self._client)
            serving[:] = set(self._living) - {standby.pid for standby in standbys}
            sequence = self._client.hget(channels.STATE, channels.STATE_SEQUENCE) or 0
            has_caught_up = all(each.sequence > int(sequence) - 2000 for each in standbys)
            return len(serving) == 1 and has_caught_up and self.is_served()

        wait_until(is_settled, "one serves, one follows", START_SECONDS)
        return serving[0]

    def is_served(self) -> bool:
        """Whether the owner of the lease serves."""
        ready = self._client.hget(channels.STATE, channels.STATE_READY)
        return ready is not None and ready == self._client.get(channels.LEASE)

    def send(self, pid: int, number: signal.Signals) -> None:
        """Signal one of them."""
        self._living[pid].send_signal(number)

    def replace(self, pid: int) -> None:
        """End one that was killed or stopped, and start another in its place."""
        end(self._living.pop(pid), signal.SIGKILL)
        self._start()

    def _start(self) -> None:
        self._started += 1
        folder = self._folder / f"engine-{self._started}"
        folder.mkdir()
        settings = {
            "REDIS_URL": self._url, "DATA_DIR": str(folder),
            "LOG_LEVEL": "error", "BALANCES": "unlimited",
            "SNAPSHOT_INTERVAL": "100000000",  # the journal keeps everything
        }  # fmt: skip
        process = start_python(["-m", "engine", "--standby"], settings)
        self._living[process.pid] = process

    def _end_all(self) -> None:
        for process in self._living.values():
            end(process)


def _list_standbys(client: Redis) -> list[Standby]:
    fields = cast("dict[bytes, bytes]", client.hgetall(channels.STANDBYS))
    now, _microseconds = client.time()
    return decode_standbys(fields, now)
