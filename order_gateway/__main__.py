"""Start the gateway: `python -m order_gateway [--fd N]`."""

import argparse
import errno
import gc
import logging
import os
import signal
import socket
import sys
from typing import BinaryIO

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError
from starlette.types import ASGIApp

from archive.database import UnusableDatabase, open_for_queries
from archive.queries import Archive
from archive.settings import ArchiveSettings
from edge.api_keys import ApiKey, UnusableKeys, choose_api_keys
from edge.gate import Places
from edge.listening import open_listeners
from edge.open_files import allow_connections, announce_connections
from edge.server import make_server
from edge.shared_metrics import share_metrics
from order_gateway.account.stream_connection import StreamConnection
from order_gateway.app import create_app
from order_gateway.logs import SERVICE, current_request
from order_gateway.routes.direct_route import DirectApp
from protocol.hosts import format_host
from protocol.instrument import parse_instruments
from protocol.logs import start_logging
from protocol.settings import describe_bad_settings

SHUTDOWN_SECONDS = 3
MAX_FRAME_BYTES = 64 * 1024


class StartError(Exception):
    """The gateway cannot start; the message says why in one line."""


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit with status 1 and one line if it cannot start."""
    # uvicorn shuts down and then raises the signal again
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    arguments = _parse_arguments()
    try:
        settings = _read_settings()
        start_logging(SERVICE, settings.log_level, settings.log_format, current_request.get)
        logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it logs what strangers ask for
        listeners = _open_listeners(settings, arguments.fd)
        keys = _read_keys(settings, listeners[0].getsockname()[0])
        app = _make_app(settings, keys, _open_order_log(arguments.order_log))
    except StartError as error:
        sys.exit(f"order_gateway: {error}")
    gc.freeze()  # what stays for good need not be scanned at each collection
    allowed = allow_connections(settings.max_connections)
    announce_connections(allowed, settings.max_connections)
    places = Places.of(allowed, settings.max_connections_per_address)
    injects_faults = settings.faults == "on"
    create_server(app, places, injects_faults=injects_faults).run(sockets=listeners)


def create_server(
    app: ASGIApp,
    places: Places = Places.of(10_000, 2_000),  # noqa: B008 - it cannot change
    *,
    injects_faults: bool = False,
) -> uvicorn.Server:
    """Make a server of the application."""
    return make_server(
        app,
        places,
        websocket=StreamConnection,
        max_frame_bytes=MAX_FRAME_BYTES,
        seconds_to_stop=SHUTDOWN_SECONDS,
        prompts=app.prompts if isinstance(app, DirectApp) else {},
        injects_faults=injects_faults,
    )


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m order_gateway", description=main.__doc__)
    parser.add_argument(
        "--fd", type=int, action="append", help="number of an inherited listening socket"
    )
    parser.add_argument(
        "--order-log", type=int, help="number of an inherited file for the order log (stderr)"
    )
    return parser.parse_args()


def _open_order_log(descriptor: int | None) -> BinaryIO:
    if descriptor is None:
        return sys.stderr.buffer
    try:
        return os.fdopen(descriptor, "ab", buffering=0)
    except OSError as error:
        raise StartError(f"cannot write to descriptor {descriptor}: {error.strerror}") from None


def _read_settings() -> ArchiveSettings:
    try:
        return ArchiveSettings()
    except ValidationError as error:
        raise StartError(describe_bad_settings(error)) from None


def _read_keys(settings: ArchiveSettings, address: str) -> list[ApiKey] | None:
    """Return the keys, or None if authentication is off."""
    try:
        return choose_api_keys(settings.auth, settings.api_keys_file, settings.api_keys, address)
    except UnusableKeys as error:
        raise StartError(str(error)) from None


def _make_app(settings: ArchiveSettings, keys: list[ApiKey] | None, order_log: BinaryIO) -> FastAPI:
    try:
        instruments = parse_instruments(settings.instruments_file.read_text())
    except (OSError, ValueError) as error:
        raise StartError(f"cannot use {settings.instruments_file}: {error}") from None
    try:
        if settings.uvicorn_workers > 1:
            share_metrics(settings.data_dir / "gateway-metrics")
        archive = Archive(open_for_queries(settings.effective_database_url))
        return create_app(settings, instruments, archive, keys, write_orders=order_log.write)
    except UnusableDatabase as error:
        raise StartError(str(error)) from None
    except ValueError as error:
        raise StartError(f"cannot use REDIS_URL: {error}") from None
    except OSError as error:
        raise StartError(f"cannot use DATA_DIR: {error}") from None


def _open_listeners(
    settings: ArchiveSettings, descriptors: list[int] | None
) -> list[socket.socket]:
    host, port = settings.gateway_host, settings.gateway_port
    try:
        return open_listeners(host, port, descriptors)
    except OSError as error:
        where = f"descriptor {descriptors[0]}" if descriptors else f"{format_host(host)}:{port}"
        raise StartError(f"cannot listen on {where}: {_explain_listening(error)}") from None


def _explain_listening(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is taken, choose another one with GATEWAY_PORT"
    return error.strerror or str(error)


if __name__ == "__main__":
    main()
