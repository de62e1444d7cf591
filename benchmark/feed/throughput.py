"""Deliveries a second and CPU a delivery, of the feed and of two bare floors, on the same bytes."""

import signal
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, TypeAlias

import msgspec

from benchmark.feed.commits import CommitStream
from benchmark.feed.service import FeedService
from benchmark.shared.child_process import Child, end, start_python
from benchmark.shared.cpu_clock import read_cpu
from market_data.fanout.messages import Envelope, encode_frame
from protocol.channels import TRADE_EVENTS
from protocol.enums import Side
from protocol.events import PublicEvent, Trade
from protocol.timestamps import format_timestamp, parse_timestamp
from tests.support.instruments import make_instruments

ROUNDS = 3
BTC_USDT = make_instruments()[0]
_LONG_FRAME = 126
FIRST_STAMP = parse_timestamp("2026-01-31T12:00:00.000000Z")
_PATH = "/ws/market-data?channels=trades&symbols=BTC-USDT"


class Measured(NamedTuple):
    """Deliveries a second, and the server's CPU microseconds for each."""

    rate: float
    cpu: float


class Load(NamedTuple):
    """The number of readers, the trades published at a time, and how often."""

    readers: int
    trades: int
    portions: int


LOADS = (Load(1, 3_200, 8), Load(100, 3_200, 2), Load(1_000, 400, 2))
SHAPES = (16, 1)
"""Trades in a commit."""

_Publish: TypeAlias = Callable[[], None]
_Prepare: TypeAlias = Callable[[Sequence[Any]], _Publish]


class Stream(NamedTuple):
    """What is streamed: events, on the engine's channel, from a number on, and their frames."""

    path: str
    channel: str
    make: Callable[[int, int], Sequence[PublicEvent]]
    encode_frames: Callable[[Sequence[Any]], list[bytes]]


class Readers:
    """A process with so many readers of one port."""

    def __init__(self, port: int, path: str, count: int) -> None:
        self.count = count
        self._process = start_python(
            ["-m", "benchmark.feed.readers", str(port), path, str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._expect("ready")

    def expect_bytes(self, count: int) -> None:
        """Tell the readers how many bytes are coming."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"%d\n" % count)
        self._process.stdin.flush()
        self._expect("waiting")

    def wait(self) -> None:
        """Wait until each reader has all of them."""
        self._expect("done")

    def close(self) -> None:
        """End the process."""
        end(self._process, signal.SIGKILL)
        self._process.communicate()

    def _expect(self, word: str) -> None:
        assert self._process.stdout is not None
        said = self._process.stdout.readline().decode().strip()
        if said != word:
            raise RuntimeError(f"the readers said {said!r} instead of {word!r}")


def measure_feed(redis_url: str, load: Load, trades_a_commit: int) -> Measured:
    """Measure the service, from the engine's messages on Redis to the readers' sockets."""
    return measure_service(redis_url, load, trades_a_commit, "market_data", TRADES)


def measure_service(
    redis_url: str, load: Load, events_a_commit: int, module: str, stream: Stream
) -> Measured:
    """Measure a stream of a service, from the engine's messages on Redis to the sockets."""
    commits = CommitStream(redis_url, events_a_commit, stream.channel)

    def prepare(events: Sequence[PublicEvent]) -> _Publish:
        prepared = commits.prepare(events)
        return lambda: commits.send(prepared)

    with FeedService(redis_url, module) as service:
        return _measure(service.port, service.pid, load, prepare, stream)


def measure_subscribed_floor(redis_url: str, load: Load, trades_a_commit: int) -> Measured:
    """Measure `websockets.broadcast` of texts that come from Redis as the feed's messages do."""
    commits = CommitStream(redis_url, trades_a_commit)

    def prepare(trades: Sequence[PublicEvent]) -> _Publish:
        prepared = commits.prepare(trades, _read_texts(TRADES, trades))
        return lambda: commits.send(prepared)

    with _run_floor(redis_url) as (port, process):
        return _measure(port, process.pid, load, prepare, TRADES)


def measure_floor(load: Load, stream: Stream | None = None) -> Measured:
    """Measure `websockets.broadcast` of the same texts from memory."""
    stream = stream or TRADES
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("\n".join(_read_texts(stream, stream.make(1, load.trades))))
        file.flush()
        with _run_floor(file.name) as (port, process):
            return _measure(port, process.pid, load, lambda _: lambda: _go(process), stream, step=0)


def _measure(
    port: int,
    pid: int,
    load: Load,
    prepare: _Prepare,
    stream: Stream,
    *,
    step: int | None = None,
) -> Measured:
    """Measure; `step` is by how much a portion's numbers are above those of the one before."""
    readers = Readers(port, stream.path, load.readers)
    rates, costs = [], []
    first_id = 1
    for _ in range(ROUNDS):
        seconds, cpu = 0.0, read_cpu(pid)
        for _ in range(load.portions):
            events = stream.make(first_id, load.trades)
            first_id += load.trades if step is None else step
            publish = prepare(events)
            readers.expect_bytes(sum(map(len, stream.encode_frames(events))))
            started = time.perf_counter()
            publish()
            readers.wait()
            seconds += time.perf_counter() - started
        deliveries = load.readers * load.portions * load.trades
        rates.append(deliveries / seconds)
        costs.append((read_cpu(pid) - cpu) / deliveries * 1e6)
    readers.close()
    return Measured(statistics.median(rates), statistics.median(costs))


def make_trades(first_id: int, count: int) -> list[Trade]:
    """Make a portion of trades, each with a stamp of its own."""
    return [
        Trade(
            "BTC-USDT", trade_id, "60000.00", "0.10000", Side.BUY, "1", "2",
            format_timestamp(FIRST_STAMP + trade_id),
        )
        for trade_id in range(first_id, first_id + count)
    ]  # fmt: skip


def _encode_frames(trades: Sequence[Trade]) -> list[bytes]:
    return [encode_frame(Envelope("trade", msgspec.structs.asdict(trade))) for trade in trades]


TRADES = Stream(_PATH, TRADE_EVENTS, make_trades, _encode_frames)
"""The feed's trades."""


def _read_texts(stream: Stream, events: Sequence[PublicEvent]) -> list[str]:
    """Return the texts of their frames, whose heads have two bytes, or two more."""
    frames = stream.encode_frames(events)
    return [frame[4 if frame[1] == _LONG_FRAME else 2 :].decode() for frame in frames]


def _go(process: Child) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


@contextmanager
def _run_floor(source: str) -> Iterator[tuple[int, Child]]:
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        descriptor = listener.fileno()
        process = start_python(
            ["-m", "benchmark.feed.floor", str(descriptor), source],
            descriptors=[descriptor],
            stdin=subprocess.PIPE,
        )
        try:
            yield listener.getsockname()[1], process
        finally:
            end(process, signal.SIGKILL)
