"""The services of the exchange, in the order in which they start."""

import socket
import sys
from collections.abc import Callable
from typing import NamedTuple, cast

from redis import RedisError

from launcher.environments import make_environment
from launcher.redis.access import RedisAddresses
from launcher.redis.server import connect
from launcher.settings import LauncherSettings
from launcher.supervision.listening import format_url, open_listening_sockets
from launcher.supervision.service import Service
from protocol.channels import STATE, STATE_READY

_GATEWAY_STAGE, _ENGINE_STAGE, _MARKET_DATA_STAGE = 1, 2, 3


class Listeners(NamedTuple):
    """The sockets that clients connect to, for each service at one port; it inherits them."""

    gateway: list[socket.socket]
    market_data: list[socket.socket]


def open_listeners(settings: LauncherSettings) -> Listeners:
    """Open the sockets of both; raise LaunchError if a port cannot be had."""
    return Listeners(
        open_listening_sockets(settings.gateway_host, settings.gateway_port, "GATEWAY"),
        open_listening_sockets(settings.market_data_host, settings.market_data_port, "MARKET_DATA"),
    )


def make_services(
    settings: LauncherSettings, redis: RedisAddresses, listeners: Listeners
) -> list[Service]:
    """Return the engine, the gateway workers, which share a socket, the archive, market data."""
    ports = _name_ports(listeners)

    def environment(module: str) -> dict[str, str]:
        return make_environment(module, redis.of(module)) | ports

    durability = settings.redis_durability
    engine = Service(
        name="engine",
        command=_module("engine"),
        stage=_ENGINE_STAGE,
        environment=environment("engine")
        | ({"REDIS_DURABILITY": durability} if durability else {}),
        is_ready=watch_engine(redis.launcher),
    )
    return [
        engine,
        *(
            _make_listener(
                f"gateway-{number}" if settings.uvicorn_workers > 1 else "gateway",
                "order_gateway", _GATEWAY_STAGE, environment("order_gateway"), listeners.gateway,
                "--order-log", side_log="orders",
            )
            for number in range(1, settings.uvicorn_workers + 1)
        ),
        Service(
            name="archive",
            command=_module("archive"),
            stage=_ENGINE_STAGE,
            environment=environment("archive"),
            is_optional=True,
        ),
        _make_listener(
            "market-data", "market_data", _MARKET_DATA_STAGE, environment("market_data"),
            listeners.market_data,
        ),
    ]  # fmt: skip


def _name_ports(listeners: Listeners) -> dict[str, str]:
    """Return the real ports, in case the settings say 0: page and gateway refer to each other."""
    return {
        "GATEWAY_PORT": str(listeners.gateway[0].getsockname()[1]),
        "MARKET_DATA_PORT": str(listeners.market_data[0].getsockname()[1]),
    }


def watch_engine(redis_url: str) -> Callable[[], bool]:
    """Return a condition: an engine has recovered since this call.

    The owner that Redis names before may be a dead one.
    """
    before = _read_ready_owner(redis_url)
    return lambda: _read_ready_owner(redis_url) not in {None, before}


def _read_ready_owner(redis_url: str) -> bytes | None:
    try:
        with connect(redis_url, timeout=1.0) as client:
            return cast("bytes | None", client.hget(STATE, STATE_READY))
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
