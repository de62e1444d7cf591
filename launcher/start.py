"""The command `start`: start the system, supervise it, stop it."""

import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from cluster.address import is_cluster
from launcher.banner import format_banner, format_ready_line
from launcher.cluster_shape import Shape
from launcher.data_folder import DataFolder
from launcher.private_files import find_open_files
from launcher.redis.access import RedisAddresses, make_access, name_addresses
from launcher.redis.binary import PACKAGED, find_redis_binaries
from launcher.redis.cluster_nodes import choose_nodes, make_node_services
from launcher.redis.local_cluster import form_cluster
from launcher.redis.named import check_named_redis
from launcher.redis.named_cluster import check_named_cluster
from launcher.redis.port_turns import take_turns
from launcher.redis.server import (
    choose_port,
    is_listening_as,
    is_serving,
    make_redis_service,
)
from launcher.services import Listeners, make_services, open_listeners, read_shards
from launcher.settings import LauncherSettings
from launcher.settings_check import check_settings, find_lookalikes
from launcher.supervision.listening import format_url
from launcher.supervision.processes import identify_process
from launcher.supervision.readiness import read_health
from launcher.supervision.run_file import (
    RunRecord,
    ServiceRecord,
    end_leftovers,
    remove_run_record,
    write_run_record,
)
from launcher.supervision.service import Service
from launcher.supervision.supervisor import Supervisor
from launcher.supervision.terminal import Terminal, print_if_open
from protocol.market_file import MarketFile, SimulatedMarket
from protocol.run_file import RedisRecord, identify_place

ServiceFactory = Callable[[LauncherSettings, RedisAddresses, Listeners], list[Service]]

_PATIENCE_SECONDS = 5.0
_PRIVATE = 0o077


def start_system(
    settings: LauncherSettings,
    factory: ServiceFactory = make_services,
    *,
    prints_json: bool = False,
) -> int:
    """Run the services of `factory` until a signal to stop; return the exit status.

    If it `prints_json`, standard output has the line of `format_ready_line` alone.

    What is written, here and by the services, is for this user alone. Raises LaunchError if the
    system cannot start.
    """
    os.umask(_PRIVATE)
    check_settings(settings)
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    with folder.hold():
        end_leftovers(folder.path)
        terminal = Terminal(settings.log_format, to_stderr=prints_json)
        killed = System(settings, folder, factory, terminal, prints_json=prints_json).run()
    return 1 if killed else 0


class System:
    """One run of the exchange; nobody else uses its data folder meanwhile."""

    def __init__(
        self,
        settings: LauncherSettings,
        folder: DataFolder,
        factory: ServiceFactory,
        terminal: Terminal,
        *,
        prints_json: bool,
    ) -> None:
        self._settings = settings
        self._folder = folder
        self._factory = factory
        self._place = identify_place(folder.path)
        self._began = time.monotonic()
        self._listeners = open_listeners(settings)
        self._redis: RedisRecord | None = None
        self._durability: str | None = "always"  # our own Redis's
        self._market_file = MarketFile(folder.path)
        self._prints_json = prints_json
        self._show = terminal.show
        self._supervisor = Supervisor(folder.logs, self._show, self._write_record, terminal.copy)

    def run(self) -> list[str]:
        """Start everything, wait for a request to stop, stop everything; return who was killed."""
        self._supervisor.listen_to_signals()
        self._write_market_file()
        try:
            if self._start():
                self._supervisor.run_until(lambda: False)
            self._show("Stopping ...")
        finally:
            self._supervisor.stop()
            self._remove_market_file()
            remove_run_record(self._folder.path, self._place)
        killed = self._supervisor.killed
        self._show(f"Stopped; killed: {', '.join(killed)}." if killed else "Stopped.")
        return killed

    def _start(self) -> bool:
        """Start Redis, then the services; return False if a request to stop came first."""
        for lookalike in find_lookalikes():
            self._show(f"WARNING: {lookalike}")
        for warning in find_open_files(self._settings):
            self._show(f"WARNING: {warning}.")
        named = self._settings.named_redis_url
        addresses = self._settle_redis(named)
        url = addresses.launcher
        if not self._supervisor.run_until(
            StartCondition("Redis", lambda: is_serving(url), self._show)
        ):
            return False
        durability = self._settings.redis_durability or self._durability
        settings = self._settings.model_copy(update={"redis_durability": durability})
        services = self._factory(settings, addresses, self._listeners)
        self._supervisor.add(services)
        if not all(map(self._supervisor.run_until, self._conditions(services))):
            return False
        self._supervisor.is_ready = True
        self._write_record()
        seconds = time.monotonic() - self._began
        record, chosen = self._make_record(), self._settings
        self._show(
            format_banner(
                record, self._folder.path, seconds,
                market=chosen.market, needs_api_key=chosen.needs_api_key,
            )
        )  # fmt: skip
        if self._prints_json:
            print_if_open(format_ready_line(record, self._folder.path), sys.stdout)
        return True

    def _conditions(self, services: list[Service]) -> Iterator[Callable[[], bool]]:
        for service in services:
            if service.is_ready:
                yield StartCondition(service.name, service.is_ready, self._show)
        for url in sorted({service.health for service in services if service.health}):
            yield make_health_condition(url, self._show)
        yield lambda: self._supervisor.is_steady

    def _settle_redis(self, named: str | None) -> RedisAddresses:
        """Check the Redis that is named, or start our own: a server, or a cluster."""
        if named:
            return self._check_named_redis(named)
        if self._settings.redis_cluster:
            return self._start_own_cluster(Shape.parse(self._settings.redis_cluster))
        return self._start_own_redis()

    def _start_own_cluster(self, shape: Shape) -> RedisAddresses:
        """Start the nodes of a cluster on this machine; return when they are one."""
        binary = next(find_redis_binaries(self._settings.redis_server or PACKAGED))
        folder = self._folder.redis_cluster
        nodes = choose_nodes(shape, folder)
        self._show(f"Starting a cluster of {shape.nodes} nodes, for tests and trials ...")
        self._redis = RedisRecord(nodes.url, f"{binary.title} cluster", is_own=True)
        maxmemory = self._settings.redis_maxmemory
        self._supervisor.add(make_node_services(nodes, binary, folder, maxmemory))
        form_cluster(nodes.ports, shape, nodes.password)
        return name_addresses(self._settings, nodes.url)

    def _check_named_redis(self, url: str) -> RedisAddresses:
        found = check_named_cluster(url) if is_cluster(url) else check_named_redis(url)
        for warning in found.warnings:
            self._show(f"WARNING: {found.title}, which you named: {warning}.")
        self._durability = found.durability
        self._redis = RedisRecord(url, found.title, is_own=False)
        return name_addresses(self._settings, url)

    def _start_own_redis(self) -> RedisAddresses:
        """Start our own server; return when it has its port."""
        binary = self._folder.choose_binary(find_redis_binaries(self._settings.redis_server))
        with take_turns():
            port, reason = choose_port(self._settings.redis_port)
            if reason:
                self._show(reason)
            access = make_access(port, is_sharded=len(read_shards(self._settings)) > 1)
            self._redis = RedisRecord(access.addresses.launcher, binary.title, is_own=True)
            own = make_redis_service(
                binary, port, self._folder.redis, self._settings.redis_maxmemory, self._show,
                access.configuration,
            )  # fmt: skip
            self._supervisor.add([own])
            self._supervisor.run_until(self._has_port)
        return access.addresses

    def _has_port(self) -> bool:
        assert self._redis is not None
        process = self._supervisor.services[0].id
        return process is not None and is_listening_as(self._redis.url, process.pid)

    def _make_record(self) -> RunRecord:
        assert self._redis is not None
        return RunRecord(
            place=self._place,
            launcher=identify_process(os.getpid()),
            gateway_url=_find_url(self._listeners.gateway) or "",
            market_data_url=_find_url(self._listeners.market_data) or "",
            binance_url=_find_url(self._listeners.binance),
            shards=tuple(names.shard for names in read_shards(self._settings)),
            redis=self._redis,
            services=[
                ServiceRecord(item.service.name, item.id, item.service.health)
                for item in self._supervisor.services
                if item.run or item.is_wanted
            ],
            is_ready=self._supervisor.is_ready,
        )

    def _write_record(self) -> None:
        try:
            write_run_record(self._folder.path, self._make_record())
        except (
            OSError
        ) as error:  # such as a full disk: the sub-commands know less, the exchange goes on
            self._show(f"the run file could not be written: {error}")

    def _write_market_file(self) -> None:
        """Have the market of the settings, until a gateway is asked for another."""
        name = self._settings.market
        try:
            self._market_file.write(None if name is None else SimulatedMarket(name))
        except OSError as error:
            self._show(f"there will be no simulated traders: {error}")

    def _remove_market_file(self) -> None:
        """Say that nobody starts a market here any more, unless it is another's folder now."""
        with suppress(OSError):
            if identify_place(self._folder.path) == self._place:
                self._market_file.remove()


def _find_url(listeners: list[socket.socket]) -> str | None:
    return format_url("http", listeners[0]) if listeners else None


class StartCondition:
    """A condition of the start that, as long as it does not hold, says so every few seconds."""

    def __init__(self, name: str, is_done: Callable[[], bool], show: Callable[[str], None]) -> None:
        self.name = name
        self._show = show
        self._is_done = is_done
        self._last = time.monotonic()

    def __call__(self) -> bool:
        """Return whether it holds."""
        if self._is_done():
            return True
        if time.monotonic() - self._last > _PATIENCE_SECONDS:
            self._last = time.monotonic()
            self._show(f"Still waiting for {self.name} ...")
        return False


def make_health_condition(url: str, show: Callable[[str], None]) -> StartCondition:
    """Return the condition that the service with the health URL `url` is ready."""

    def is_ready() -> bool:
        health = read_health(url)
        condition.name = f"{url}: {health.text}"
        return health.is_ready

    condition = StartCondition(url, is_ready, show)
    return condition
