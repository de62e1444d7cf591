"""A whole system of its own that is started, killed and started again; it touches no other."""

import asyncio
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from redis import RedisError

from engine.storage.redis_client import connect_redis
from launcher.environments import make_environment
from launcher.redis.access import RedisAddresses, make_access
from launcher.redis.binary import find_redis_binaries
from launcher.redis.server import is_serving, make_redis_service
from launcher.supervision.listening import open_listening_socket
from launcher.supervision.parent_death import make_child_setup
from protocol import channels
from tests.support.ports import find_free_port

_POLL_SECONDS = 0.05
_MAX_DOWN_SECONDS = 0.5
_MAXMEMORY = "2gb"
_STOP_SECONDS = 5.0


class Member:
    """A process that is started again whenever it ends."""

    def __init__(
        self,
        name: str,
        command: tuple[str, ...],
        environment: Mapping[str, str],
        log_folder: Path,
        descriptors: tuple[int, ...] = (),
        prepare: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self.kind = name.partition("-")[0]
        self.log = log_folder / f"{name}.log"
        self.failures = 0
        """How often it ended although nobody killed it."""
        self.standstills: list[tuple[float, float]] = []
        """Begin and end of each time that it was paused, on the monotonic clock."""
        self._command = command
        self._environment = dict(environment)
        self._descriptors = descriptors
        self._prepare = prepare
        self._process: subprocess.Popen[bytes] | None = None
        self._due = 0.0
        self._was_killed = False
        self._stopped_at: float | None = None

    @property
    def is_stopped(self) -> bool:
        """Whether SIGSTOP has paused it."""
        return self._stopped_at is not None

    @property
    def is_running(self) -> bool:
        """Whether it has a process."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start its process."""
        self._prepare()
        self._was_killed = False
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=self._descriptors,
                start_new_session=True,
                preexec_fn=make_child_setup(),
            )

    def send(self, number: signal.Signals) -> None:
        """Signal the process that this object has started, if it runs."""
        if self.is_running and self._process is not None:
            self._process.send_signal(number)
            self._was_killed |= number in (signal.SIGKILL, signal.SIGTERM)
            self._note_standstill(number)

    def _note_standstill(self, number: signal.Signals) -> None:
        now = time.monotonic()
        if number == signal.SIGSTOP:
            self._stopped_at = now
        elif self._stopped_at is not None and number in (signal.SIGCONT, signal.SIGKILL):
            self.standstills.append((self._stopped_at, now))
            self._stopped_at = None

    def start_if_due(self, random_delay: float) -> None:
        """Start it again `random_delay` seconds after its end was seen, if they have passed."""
        if self.is_running:
            return
        now = time.monotonic()
        if not self._due:
            self.failures += not self._was_killed
            self._due = now + random_delay
        elif now >= self._due:
            self._due = 0.0
            self.start()

    def wait(self) -> None:
        """Wait until its process has ended."""
        if self._process is not None:
            self._process.wait()


class Fleet:
    """Redis with `appendfsync always`, two engines, two workers of each gateway, feed, archive."""

    engine_arguments: Sequence[str] = ()
    binance_workers: Sequence[int] = (1, 2)
    longest_down: Mapping[str, float] = {}
    """How long a process that was killed may stay away, in seconds, by kind, if not half of one."""

    def __init__(self, folder: Path, generator: random.Random, settings: Mapping[str, str]) -> None:
        self.kills: Counter[str] = Counter()
        self.gateway = open_listening_socket("127.0.0.1", 0, "GATEWAY")
        self.binance = open_listening_socket("127.0.0.1", 0, "BINANCE")
        self.market_data = open_listening_socket("127.0.0.1", 0, "MARKET_DATA")
        self._generator = generator
        self._logs = folder / "logs"
        self._logs.mkdir(parents=True)
        addresses, self.servers = self._make_servers(folder)
        self.redis_url = addresses.launcher
        data = folder / "data"
        data.mkdir()
        self.database = data / "archive.sqlite3"
        own = {"DATA_DIR": str(data), "LOG_LEVEL": "info", "DATABASE_URL": "", **settings}

        def environment(module: str) -> dict[str, str]:
            return make_environment(module, addresses.of(module)) | own

        engine = _module("engine", *self.engine_arguments)
        self.members = [
            *self.servers,
            *(Member(f"engine-{n}", engine, environment("engine"), self._logs) for n in (1, 2)),
            *(self._listener(f"gateway-{n}", "order_gateway", self.gateway,
                             environment("order_gateway")) for n in (1, 2)),
            *(self._listener(f"binance-{n}", "binance_gateway", self.binance,
                             environment("binance_gateway")) for n in self.binance_workers),
            self._listener("feed", "market_data", self.market_data, environment("market_data")),
            Member("archive", _module("archive"), environment("archive"), self._logs),
        ]  # fmt: skip
        self._is_supervising = True

    async def start(self) -> None:
        """Start all of it, Redis first."""
        for server in self.servers:
            server.start()
        await self.wait_for_redis()
        for member in self.members[len(self.servers) :]:
            member.start()

    def _make_servers(self, folder: Path) -> tuple[RedisAddresses, list[Member]]:
        """Return the addresses for each service, and what serves there."""
        port = find_free_port()
        access = make_access(port)
        service = make_redis_service(
            next(find_redis_binaries()),
            port,
            folder / "redis",
            _MAXMEMORY,
            self._note,
            access.configuration,
        )
        server = Member(
            "redis", service.command, service.environment, self._logs, prepare=service.prepare
        )
        return access.addresses, [server]

    async def supervise(self) -> None:
        """Keep starting again what has ended."""
        while self._is_supervising:
            for member in self.members:
                longest = self.longest_down.get(member.kind, _MAX_DOWN_SECONDS)
                member.start_if_due(self._generator.uniform(0, longest))
            await asyncio.sleep(_POLL_SECONDS)

    def kill(self, kind: str) -> None:
        """Kill one process of `kind` by `kill -9`."""
        member = self._choose(kind)
        if member.is_running:
            member.send(signal.SIGKILL)
            self.kills[kind] += 1

    def fail_over(self) -> None:
        """Have another server take the place of ours; there is none."""

    async def pause(self, kind: str, seconds: float, *, is_for_all: bool = False) -> None:
        """Pause one process of `kind`, or all, for `seconds`, by SIGSTOP and SIGCONT.

        A process that is paused already is left alone.
        """
        chosen = self._list_members(kind) if is_for_all else [self._choose(kind)]
        stopped = [member for member in chosen if not member.is_stopped]
        for member in stopped:
            member.send(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        for member in stopped:
            member.send(signal.SIGCONT)

    def list_standstills(self, kind: str) -> list[tuple[float, float]]:
        """List begin and end of each pause of a process of `kind`."""
        return [span for member in self._list_members(kind) for span in member.standstills]

    def count_pauses(self, kind: str, seconds: float) -> int:
        """Count the pauses of `kind` that were longer than `seconds`."""
        return sum(end - start > seconds for start, end in self.list_standstills(kind))

    @property
    def engine_logs(self) -> list[Path]:
        """The logs of the engines."""
        return [member.log for member in self._list_members("engine")]

    async def wait_for_redis(self) -> None:
        """Wait until it serves; raises TimeoutError after a minute."""
        async with asyncio.timeout(60):
            await _poll_until(lambda: is_serving(self.redis_url))

    async def drain(self, seconds: float) -> bool:
        """Wait until the list is empty; return whether it was within `seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await _poll_until(self._is_drained)
                return True
        return False

    async def stop_all_but_redis(self) -> None:
        """Stop them in order; kill what does not stop."""
        self._is_supervising = False
        others = self.members[len(self.servers) :]
        for number in (signal.SIGCONT, signal.SIGTERM):
            for member in others:
                member.send(number)
        with suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await _poll_until(lambda: not any(member.is_running for member in others))
        for member in others:
            member.send(signal.SIGKILL)
            member.wait()

    async def restart_redis(self, times: int) -> None:
        """Kill it and start it again, `times` times: a torn file shows at the second start."""
        for _ in range(times):
            for server in self.servers:
                server.send(signal.SIGKILL)
                server.wait()
                server.start()
            await self.wait_for_redis()

    def close(self) -> None:
        """Leave no process behind."""
        self._is_supervising = False
        for member in self.members:
            member.send(signal.SIGKILL)
            member.wait()
        self.gateway.close()
        self.binance.close()
        self.market_data.close()

    def list_failures(self) -> list[str]:
        """List members that ended although nobody killed them, with the last line of each log."""
        return [
            f"{member.name} ended by itself {member.failures} times: {_read_last_line(member.log)}"
            for member in self.members
            if member.failures
        ]

    def _choose(self, kind: str) -> Member:
        return self._generator.choice(self._list_members(kind))

    def _list_members(self, kind: str) -> list[Member]:
        return [member for member in self.members if member.kind == kind]

    def _is_drained(self) -> bool:
        with suppress(RedisError), connect_redis(self.redis_url) as client:
            return bool(client.llen(channels.ORDER_QUEUE) == 0)
        return False

    def _note(self, line: str) -> None:
        with (self._logs / "launcher.log").open("a") as log:
            log.write(f"{line}\n")

    def _listener(
        self, name: str, module: str, listener: socket.socket, environment: Mapping[str, str]
    ) -> Member:
        descriptor = listener.fileno()
        command = _module(module, "--fd", str(descriptor))
        return Member(name, command, environment, self._logs, (descriptor,))


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)


async def _poll_until(is_done: Callable[[], bool]) -> None:
    while not is_done():  # noqa: ASYNC110  # other processes have no events for us
        await asyncio.sleep(_POLL_SECONDS)


def _read_last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line for line in reversed(lines) if line), "nothing was logged")
