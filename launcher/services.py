"""The services of the exchange, in the order in which they start."""

import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, cast

from redis import RedisError

from launcher.environments import make_environment
from launcher.redis.access import RedisAddresses
from launcher.redis.server import connect
from launcher.settings import LauncherSettings
from launcher.supervision.forking import CAN_FORK, preload_modules
from launcher.supervision.listening import format_url, open_listening_sockets
from launcher.supervision.service import Service
from launcher.supervision.shards import name_standby
from protocol.channels import STATE_READY
from protocol.instrument import list_shards, parse_instruments
from protocol.market_file import MarketFile
from protocol.shards import FIRST, ShardNames, name_shard

PARTICIPANTS = "participants"
_PARTICIPANTS_STAGE, _GATEWAY_STAGE, _ENGINE_STAGE, _MARKET_DATA_STAGE = 0, 1, 2, 3


class Listeners(NamedTuple):
    """The sockets that clients connect to, for each service at one port; it inherits them."""

    gateway: list[socket.socket]
    market_data: list[socket.socket]
    binance: list[socket.socket]
    """Each is empty if that service is off, or on other machines."""


def open_listeners(settings: LauncherSettings) -> Listeners:
    """Open the sockets of each; raise LaunchError if a port cannot be had."""
    places = {
        "gateway": (settings.gateway_host, settings.gateway_port, "GATEWAY"),
        "market-data": (settings.market_data_host, settings.market_data_port, "MARKET_DATA"),
        "binance": (settings.binance_host, settings.binance_port, "BINANCE"),
    }
    return Listeners(
        *(
            open_listening_sockets(*place) if settings.runs(service) else []
            for service, place in places.items()
        )
    )


def make_services(
    settings: LauncherSettings, redis: RedisAddresses, listeners: Listeners
) -> list[Service]:
    """Return the engines, the archive, the feed, the workers of both gateways, and participants.

    The workers of a gateway share its socket.
    """
    ports = _name_ports(listeners)

    def environment(module: str) -> dict[str, str]:
        return make_environment(module, redis.of(module)) | ports

    engines = [
        engine
        for names in read_shards(settings)
        for engine in _make_engines(settings, redis, environment("engine"), names)
        if settings.runs("engine")
    ]
    services = [
        *engines,
        *(
            _make_listener(
                name, "order_gateway", _GATEWAY_STAGE, environment("order_gateway"),
                listeners.gateway, "--order-log", side_log="orders",
            )
            for name in _name_workers("gateway", settings.uvicorn_workers)
            if listeners.gateway
        ),
        *(
            Service(
                name=name,
                command=_module("archive"),
                stage=_ENGINE_STAGE,
                environment=environment("archive"),
                is_optional=True,
            )
            for name in ("archive",)
            if settings.runs(name)
        ),
        *(
            _make_listener(
                name, "market_data", _MARKET_DATA_STAGE, environment("market_data"),
                listeners.market_data,
            )
            for name in ("market-data",)
            if listeners.market_data
        ),
        *(
            _make_listener(
                name, "binance_gateway", _GATEWAY_STAGE, environment("binance_gateway"),
                listeners.binance,
            )
            for name in _name_workers("binance", settings.binance_workers)
            if listeners.binance
        ),
    ]  # fmt: skip
    if settings.ephemeral == "on" and CAN_FORK:  # a test waits for it
        preload_modules(dict.fromkeys(service.module for service in services))
        services = [replace(service, is_forked=True) for service in services]
    return [*services, _make_participants(settings, listeners)] if listeners.gateway else services


def _make_engines(
    settings: LauncherSettings,
    redis: RedisAddresses,
    environment: dict[str, str],
    names: ShardNames,
) -> list[Service]:
    """Return the engine of a shard, and its standbys; then it is one of them, too."""
    durability = settings.redis_durability
    arguments = [] if names.shard == 1 else [f"--shard={names.shard}"]
    if settings.standbys or settings.only_services:  # there may be another one elsewhere
        arguments.append("--standby")
    watch = watch_engine if settings.only_services is None else watch_shard
    engine = Service(
        name=names.process,
        command=_module("engine", *arguments),
        stage=_ENGINE_STAGE,
        environment=environment | ({"REDIS_DURABILITY": durability} if durability else {}),
        is_ready=watch(redis.launcher, names),
    )
    standbys = (name_standby(names, number) for number in range(1, settings.standbys + 1))
    return [engine, *(replace(engine, name=name, is_ready=None) for name in standbys)]


def _make_participants(settings: LauncherSettings, listeners: Listeners) -> Service:
    """Return the simulated traders, whom the market file starts and stops; they trade by REST."""
    file = MarketFile(settings.data_dir)

    def find_arguments() -> tuple[str, ...] | None:
        market = None
        with suppress(OSError):
            market = file.read()
        if market is None:
            return None
        chosen = ("--market", market.name, "--symbol", market.symbol, "--seed", str(market.seed))
        return (*chosen, "--start-price", market.start_price) if market.start_price else chosen

    return Service(
        name=PARTICIPANTS,
        command=_module("participants", "--gateway", format_url("http", listeners.gateway[0])),
        stage=_PARTICIPANTS_STAGE,
        environment=make_environment("participants"),
        find_arguments=find_arguments,
        is_optional=True,
    )


def _name_workers(service: str, count: int) -> list[str]:
    return [f"{service}-{number}" for number in range(1, count + 1)] if count > 1 else [service]


def _name_ports(listeners: Listeners) -> dict[str, str]:
    """Return the real ports, in case the settings say 0: page and gateway refer to each other."""
    sockets = {
        "GATEWAY_PORT": listeners.gateway,
        "MARKET_DATA_PORT": listeners.market_data,
        "BINANCE_PORT": listeners.binance,
    }
    return {name: str(some[0].getsockname()[1]) for name, some in sockets.items() if some}


def read_shards(settings: LauncherSettings) -> list[ShardNames]:
    """Return the names of the shards that the instruments belong to."""
    instruments = parse_instruments(settings.instruments_file.read_text())
    return [name_shard(shard) for shard in list_shards(instruments.values())]


def watch_engine(redis_url: str, names: ShardNames = FIRST) -> Callable[[], bool]:
    """Return a condition: an engine of the shard has recovered since this call.

    The owner that Redis names before may be a dead one.
    """
    before = _read_ready_owner(redis_url, names)
    return lambda: _read_ready_owner(redis_url, names) not in {None, before}


def watch_shard(redis_url: str, names: ShardNames) -> Callable[[], bool]:
    """Return a condition: an engine of the shard serves, on whichever machine."""

    def is_served() -> bool:
        try:
            with connect(redis_url, 1.0, names) as client:
                ready = client.hget(names.state, STATE_READY)
                return ready is not None and ready == client.get(names.lease)
        except RedisError:
            return False

    return is_served


def _read_ready_owner(redis_url: str, names: ShardNames) -> bytes | None:
    try:
        with connect(redis_url, 1.0, names) as client:
            return cast("bytes | None", client.hget(names.state, STATE_READY))
    except RedisError:
        return None


def _make_listener(
    name: str,
    module: str,
    stage: int,
    environment: dict[str, str],
    listeners: list[socket.socket],
    *arguments: str,
    side_log: str | None = None,
) -> Service:
    descriptors = tuple(listener.fileno() for listener in listeners)
    return Service(
        name=name,
        command=_module(module, *(f"--fd={each}" for each in descriptors), *arguments),
        stage=stage,
        environment=environment,
        descriptors=descriptors,
        health=format_url("http", listeners[0], "/health"),
        stop_seconds=30.0,
        side_log=side_log,
    )


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)
