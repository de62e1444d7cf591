"""Start the Binance gateway: `python -m binance_gateway [--fd N]`."""

import argparse
import gc
import logging
import signal
import socket
import sys

import uvicorn
from pydantic import ValidationError
from starlette.types import ASGIApp

from archive.database import UnusableDatabase, open_for_queries
from archive.queries import Archive
from archive.settings import ArchiveSettings
from binance_gateway.app import App, create_app
from binance_gateway.logs import SERVICE
from binance_gateway.streams.connection import BinanceWebSocket
from binance_gateway.words import errors
from binance_gateway.words.refusals import translate
from edge.api_keys import UnusableKeys, choose_api_keys
from edge.fault_injection import Refusing
from edge.gate import Places
from edge.listening import open_listeners
from edge.open_files import allow_connections, announce_connections
from edge.server import make_server
from edge.shared_metrics import share_metrics
from protocol.enums import Reason
from protocol.hosts import format_host
from protocol.instrument import parse_instruments
from protocol.logs import start_logging
from protocol.settings import describe_bad_settings

SHUTDOWN_SECONDS = 3
MAX_FRAME_BYTES = 64 * 1024


_WEIGHT = 6_000
"""Binance's own limit, which a fault says was passed."""


class StartError(Exception):
    """The service cannot start; the message says why in one line."""


def main() -> None:
    """Serve until SIGTERM or SIGINT; exit with status 1 and one line if it cannot start."""
    # uvicorn shuts down and then raises the signal again
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    parser = argparse.ArgumentParser(prog="python -m binance_gateway", description=main.__doc__)
    parser.add_argument("--fd", type=int, action="append", help="inherited listening socket")
    arguments = parser.parse_args()
    try:
        settings = ArchiveSettings()
        start_logging(SERVICE, settings.log_level, settings.log_format)
        logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it logs what strangers ask for
        listeners = _open_listeners(settings, arguments.fd)
        app = _make_app(settings, listeners[0].getsockname()[0])
    except ValidationError as error:
        sys.exit(f"{SERVICE}: {describe_bad_settings(error)}")
    except (StartError, UnusableKeys, UnusableDatabase, ValueError) as error:
        sys.exit(f"{SERVICE}: {error}")
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
        websocket=BinanceWebSocket,
        max_frame_bytes=MAX_FRAME_BYTES,
        seconds_to_stop=SHUTDOWN_SECONDS,
        injects_faults=injects_faults,
        describe_fault=_describe_fault,
    )


def _describe_fault(reason: Reason, _detail: str) -> Refusing:
    """Refuse as Binance would; the fault's id is in a header."""
    if reason is Reason.RATE_LIMITED:
        error = errors.TOO_MUCH_WEIGHT(_WEIGHT, "request weight", 1)
    else:
        error = translate(reason)
    return Refusing(error.status, error.describe(), "application/json;charset=UTF-8")


def _make_app(settings: ArchiveSettings, address: str) -> App:
    keys = choose_api_keys(settings.auth, settings.api_keys_file, settings.api_keys, address)
    try:
        instruments = parse_instruments(settings.instruments_file.read_text())
    except (OSError, ValueError) as error:
        raise StartError(f"cannot use {settings.instruments_file}: {error}") from None
    if settings.binance_workers > 1:
        try:
            share_metrics(settings.data_dir / "binance-metrics")
        except OSError as error:
            raise StartError(f"cannot use DATA_DIR: {error}") from None
    archive = Archive(open_for_queries(settings.effective_database_url))
    return create_app(settings, instruments, archive, keys)


def _open_listeners(
    settings: ArchiveSettings, descriptors: list[int] | None
) -> list[socket.socket]:
    host, port = settings.binance_host, settings.binance_port
    try:
        return open_listeners(host, port, descriptors)
    except OSError as error:
        raise StartError(
            f"cannot listen on {format_host(host)}:{port}: {error.strerror};"
            " stop what is there, or set BINANCE_PORT to another port"
        ) from None


if __name__ == "__main__":
    main()
