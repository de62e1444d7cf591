"""`python -m market_data [--fd N]`: serve the feed on a socket of the launcher's or on our own."""

import argparse
import gc
import socket
import sys
from collections.abc import Iterable
from contextlib import suppress

import uvicorn
from pydantic import ValidationError

from archive.database import UnusableDatabase, open_for_queries
from archive.queries import Archive
from archive.settings import ArchiveSettings
from edge.gate import Places
from edge.listening import open_listeners
from edge.open_files import allow_connections, announce_connections
from edge.server import make_server
from market_data.app import create_app
from market_data.fanout.nonblocking_websocket import NonblockingWebSocket
from market_data.following.engine_redis import EngineRedis
from market_data.following.feed import (
    SECONDS_BETWEEN_CHECKS,
    SECONDS_BETWEEN_EPHEMERAL_CHECKS,
)
from market_data.history.async_archive import AsyncArchive
from market_data.service import Service
from market_data.sessions.session import ConnectionLimits
from market_data.web.trading_page import PageSettings
from protocol.hosts import format_host
from protocol.instrument import parse_instruments
from protocol.logs import start_logging
from protocol.settings import describe_bad_settings

SECONDS_TO_STOP = 2
MAX_TOLERATED_FRAME_BYTES = 1 << 20
"""A longer frame breaks the connection; up to here one that is too long is only refused."""


def main() -> int:
    """Run the service; return 0 after a stop, 1 if the settings or the port cannot be used."""
    arguments = _parse_arguments()
    try:
        settings = ArchiveSettings()
        instruments = parse_instruments(settings.instruments_file.read_text())
        archive = AsyncArchive(Archive(open_for_queries(settings.effective_database_url)))
        wanted = max(settings.max_connections, settings.market_data_max_connections)
        places = Places.of(allow_connections(wanted), settings.max_connections_per_address)
        limits = ConnectionLimits(
            min(places.connections, settings.market_data_max_connections),
            settings.market_data_max_connections_per_address,
            settings.market_data_max_subscriptions,
            settings.market_data_max_held_bytes,
        )
        is_ephemeral = settings.ephemeral == "on"
        seconds = SECONDS_BETWEEN_EPHEMERAL_CHECKS if is_ephemeral else SECONDS_BETWEEN_CHECKS
        redis = EngineRedis(settings.effective_redis_url)
        service = Service(redis, instruments, archive, limits, seconds)
        page = PageSettings(settings.public_gateway_url, settings.gateway_port)
        hosts = [settings.market_data_host, *settings.allowed_hosts]
        listeners = _open_sockets(settings, arguments.fd)
    except ValidationError as error:
        return _fail(describe_bad_settings(error))
    except (OSError, ValueError, UnusableDatabase) as error:
        return _fail(str(error))
    start_logging("market_data", settings.log_level, settings.log_format)
    announce_connections(places.connections, wanted)
    gc.freeze()  # what stays for good need not be traversed again and again
    with suppress(KeyboardInterrupt):
        server = create_server(
            service,
            page,
            settings.allowed_origins,
            hosts,
            places,
            injects_faults=settings.faults == "on",
        )
        server.run(sockets=listeners)
    return 0


def create_server(
    service: Service,
    page: PageSettings,
    origins: Iterable[str] = (),
    hosts: Iterable[str] = (),
    places: Places = Places.of(10_000, 2_000),  # noqa: B008 - it cannot change
    *,
    injects_faults: bool = False,
) -> uvicorn.Server:
    """Make a server of the application."""
    return make_server(
        create_app(service, page, origins, hosts),
        places,
        websocket=NonblockingWebSocket,
        max_frame_bytes=MAX_TOLERATED_FRAME_BYTES,
        seconds_to_stop=SECONDS_TO_STOP,
        injects_faults=injects_faults,
    )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m market_data", description=__doc__)
    parser.add_argument("--fd", type=int, action="append", help="inherited listening socket")
    return parser.parse_args()


def _open_sockets(settings: ArchiveSettings, descriptors: list[int] | None) -> list[socket.socket]:
    host, port = settings.market_data_host, settings.market_data_port
    try:
        return open_listeners(host, port, descriptors)
    except OSError as error:
        raise OSError(
            f"cannot listen on {format_host(host)}:{port}: {error.strerror};"
            " stop what is there, or set MARKET_DATA_PORT to another port"
        ) from error


def _fail(reason: str) -> int:
    print(f"market_data: {reason}", file=sys.stderr)  # noqa: T201 - before there is a log
    return 1


if __name__ == "__main__":
    sys.exit(main())
