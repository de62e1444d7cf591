"""Run the market-data service as a process of its own, and read it as a client would."""

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self, TypeAlias

import httpx
from websockets.sync.client import ClientConnection, connect

from tests.support.service_process import ServiceProcess, run_service, start_service
from tests.support.waiting import DEADLINE_SECONDS, ask_until, wait_until

Json: TypeAlias = dict[str, Any]


class MarketData(ServiceProcess):
    """A running feed."""

    @property
    def url(self) -> str:
        """Of the feed."""
        return f"ws://127.0.0.1:{self.port}/ws/market-data"

    def get(self, path: str) -> Json:
        """Return what it answers once it is in sync; a slow Redis may end that for a moment."""

        def ask() -> Json:
            answer: Json = self.http.get(path).json()
            return answer

        return ask_until(ask, lambda answer: answer.get("code") != "not_in_sync")

    def is_up(self) -> bool:
        try:
            return "service" in self.get("/health")
        except httpx.TransportError:
            return False

    @contextmanager
    def read(
        self,
        *channels: str,
        symbol: str = "BTC-USDT",
        max_queue: int | None = None,
        query: str = "",
    ) -> Iterator["Reader"]:
        """Connect a client; with `channels`, one that reads these instead of the default ones.

        With `max_queue`, it reads no more from its socket while so many messages are unread.
        """
        with connect(self.url + query, compression=None, max_queue=max_queue) as connection:
            reader = Reader(connection)
            if channels:
                reader.ask("unsubscribe")
                reader.ask("subscribe", channels=list(channels), symbols=[symbol])
            yield reader

    def open_deaf_socket(self) -> socket.socket:
        """Connect a client that never reads."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", self.port))
        client.sendall(
            b"GET /ws/market-data HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        return client


class Reader:
    """A WebSocket client that reads message by message."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def next(self) -> Json:
        message: Json = json.loads(self.connection.recv(timeout=DEADLINE_SECONDS))
        return message

    def next_of(self, kind: str) -> Json:
        """Return the next message of type `kind`; skip others."""
        while (message := self.next())["type"] != kind:
            pass
        return message

    def ask(self, action: str, **fields: object) -> Json:
        """Send a request; return the answer."""
        self.connection.send(json.dumps({"action": action, "id": action, **fields}))
        while (message := self.next())["type"] not in {"ack", "error", "pong"}:
            pass
        return message


@contextmanager
def run_market_data(
    redis_url: str, *, is_healthy: bool = True, **settings: str
) -> Iterator[MarketData]:
    """Run the service on a socket that it inherits, ready when the context begins.

    If the settings have no DATABASE_URL, there is no archive.
    """
    settings = {"DATABASE_URL": "sqlite:////nowhere/archive.sqlite3", **settings}
    environment = {**os.environ, "REDIS_URL": redis_url, **settings}
    with run_service(MarketData, "market_data", environment) as service:
        if is_healthy:
            wait_until(service.is_healthy, "the feed is in sync")
        yield service


class RestartedMarketData:
    """The service on one listening socket, to be killed and started again. Use as a context."""

    def __init__(self, redis_url: str, **settings: str) -> None:
        settings = {"DATABASE_URL": "sqlite:////nowhere/archive.sqlite3", **settings}
        self._environment = {**os.environ, "REDIS_URL": redis_url, **settings}
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._listener.close()

    @property
    def url(self) -> str:
        """Of the feed."""
        return f"ws://127.0.0.1:{self._listener.getsockname()[1]}/ws/market-data"

    def start(self) -> None:
        """Start its process."""
        self.process = start_service("market_data", self._listener, self._environment)

    def kill(self) -> None:
        """Kill it by `kill -9`."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
