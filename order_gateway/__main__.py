"""Starts the gateway: `python -m order_gateway [--fd N]`."""

import argparse
import errno
import logging
import signal
import socket
import sys

import uvicorn
from fastapi import FastAPI
from pydantic import ValidationError

from order_gateway.app import create_app
from protocol.instrument import parse_instruments
from protocol.settings import Settings

BACKLOG = 2048
SHUTDOWN_SECONDS = 3


class StartError(Exception):
    """Why the gateway cannot start, in one line."""


def main() -> None:
    """Serves until SIGTERM or SIGINT; exit status 1 with one line where it cannot start."""
    # uvicorn stops in order and then raises the signal again
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    arguments = _parse_arguments()
    try:
        settings = _read_settings()
        logging.basicConfig(
            level=settings.log_level.upper(),
            format="%(asctime)s %(levelname)s order_gateway: %(message)s",
        )
        app = _make_app(settings)
        listener = _open_listener(settings, arguments.fd)
    except StartError as error:
        sys.exit(f"order_gateway: {error}")
    _make_server(app).run(sockets=[listener])


def _make_server(app: FastAPI) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        backlog=BACKLOG,
    )
    return uvicorn.Server(config)


def _parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m order_gateway", description=main.__doc__)
    parser.add_argument("--fd", type=int, help="number of an inherited listening socket")
    return parser.parse_args()


def _read_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        raise StartError(f"setting {first['loc'][0]}: {first['msg']}".lower()) from None


def _make_app(settings: Settings) -> FastAPI:
    try:
        instruments = parse_instruments(settings.instruments_file.read_text())
    except (OSError, ValueError) as error:
        raise StartError(f"cannot use {settings.instruments_file}: {error}") from None
    try:
        return create_app(settings, instruments)
    except ValueError as error:
        raise StartError(f"cannot use REDIS_URL: {error}") from None


def _open_listener(settings: Settings, descriptor: int | None) -> socket.socket:
    host, port = settings.gateway_host, settings.gateway_port
    try:
        if descriptor is not None:
            return socket.socket(fileno=descriptor)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        where = f"{host}:{port}" if descriptor is None else f"descriptor {descriptor}"
        raise StartError(f"cannot listen on {where}: {_explain_listening(error)}") from None


def _explain_listening(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "the port is taken, choose another one with GATEWAY_PORT"
    return error.strerror or str(error)


if __name__ == "__main__":
    main()
