"""Deliveries a second and CPU a delivery, of the feed and of the bare floor, on the same bytes."""

import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec
import psutil

from benchmark._feed_service import FeedService
from launcher.parent_death import make_child_setup
from market_data.messages import Envelope, encode_frame
from protocol.enums import Side
from protocol.events import Trade
from tests.support.publisher import Publisher

TRADES_A_COMMIT = 16
ROUNDS = 3
_PATH = "/ws/market-data?channels=trades&symbols=BTC-USDT"


class Measured(NamedTuple):
    """Deliveries a second, and the server's CPU microseconds for each."""

    rate: float
    cpu: float


class Load(NamedTuple):
    """So many readers; trades published at once, before all readers have them; how often."""

    readers: int
    trades: int
    portions: int


LOADS = (Load(1, 3_200, 8), Load(100, 3_200, 2), Load(1_000, 400, 2))


class Readers:
    """A process with so many readers of one port."""

    def __init__(self, port: int, count: int) -> None:
        self.count = count
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmark._feed_readers", str(port), _PATH, str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=make_child_setup(),
        )  # fmt: skip
        self._expect("ready")

    def expect_bytes(self, count: int) -> None:
        """Tell them what is coming."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        self._expect("waiting")

    def wait(self) -> None:
        """Until each has all of it."""
        self._expect("done")

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _expect(self, word: str) -> None:
        assert self._process.stdout is not None
        said = self._process.stdout.readline().strip()
        if said != word:
            raise RuntimeError(f"the readers said {said!r} instead of {word!r}")


def measure_feed(redis_url: str, load: Load) -> Measured:
    """The service itself, from the engine's messages on Redis to the readers' sockets."""
    publisher = Publisher(redis_url)
    publisher.redis.flushall()
    publisher = Publisher(redis_url)
    with FeedService(redis_url) as feed:
        return _measure(feed.port, feed.pid, load, lambda trades: _publish(publisher, trades))


def measure_floor(load: Load) -> Measured:
    """`websockets.broadcast` of the same texts, from memory."""
    texts = [frame[4:].decode() for frame in _encode_frames(_make_trades(1, load.trades))]
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(texts))
        file.flush()
        with _run_floor(Path(file.name)) as (port, process):
            return _measure(port, process.pid, load, lambda _: _go(process), is_numbered_on=False)


def _measure(
    port: int,
    pid: int,
    load: Load,
    publish: Callable[[list[Trade]], None],
    *,
    is_numbered_on: bool = True,
) -> Measured:
    readers = Readers(port, load.readers)
    server = psutil.Process(pid)
    rates, costs = [], []
    first_id = 1
    for _ in range(ROUNDS):
        seconds, cpu = 0.0, _read_cpu(server)
        for _ in range(load.portions):
            trades = _make_trades(first_id, load.trades)
            first_id += len(trades) if is_numbered_on else 0
            readers.expect_bytes(sum(map(len, _encode_frames(trades))))
            started = time.perf_counter()
            publish(trades)
            readers.wait()
            seconds += time.perf_counter() - started
        deliveries = load.readers * load.portions * load.trades
        rates.append(deliveries / seconds)
        costs.append((_read_cpu(server) - cpu) / deliveries * 1e6)
    readers.close()
    return Measured(statistics.median(rates), statistics.median(costs))


def _make_trades(first_id: int, count: int) -> list[Trade]:
    """A portion."""
    stamp = "2026-01-31T12:00:00.000001Z"
    return [
        Trade("BTC-USDT", first_id + number, "60000.00", "0.10000", Side.BUY, "1", "2", stamp)
        for number in range(count)
    ]


def _encode_frames(trades: list[Trade]) -> list[bytes]:
    return [encode_frame(Envelope("trade", msgspec.structs.asdict(trade))) for trade in trades]


def _publish(publisher: Publisher, trades: list[Trade]) -> None:
    for start in range(0, len(trades), TRADES_A_COMMIT):
        publisher.commit({"trade_events": list(trades[start : start + TRADES_A_COMMIT])})


def _go(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


@contextmanager
def _run_floor(texts: Path) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        descriptor = listener.fileno()
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmark._feed_floor", str(descriptor), str(texts)],
            stdin=subprocess.PIPE, pass_fds=[descriptor], preexec_fn=make_child_setup(),
        )  # fmt: skip
        try:
            yield listener.getsockname()[1], process
        finally:
            process.kill()
            process.wait()


def _read_cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
