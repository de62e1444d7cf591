"""Clients that do not answer pings: why each of them is closed."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest
import uvicorn

from market_data.__main__ import create_server
from market_data.following.engine_redis import EngineRedis
from market_data.service import Service
from market_data.web.trading_page import PageSettings
from tests.support.instruments import make_instruments
from tests.support.market_data import Json
from tests.support.publisher import Publisher
from tests.support.waiting import wait_until

UPGRADE = (
    b"GET /ws/market-data HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@contextmanager
def serve(redis_url: str, timeout: float) -> Iterator[int]:
    """A service that pings ten times a second and waits `timeout` seconds for a pong; its port."""
    instruments = {each.symbol: each for each in make_instruments()}
    service = Service(EngineRedis(redis_url), instruments)
    server = create_server(service, PageSettings(None, 8000))
    server.config.ws_ping_interval = 0.1
    server.config.ws_ping_timeout = timeout
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            stop(server, thread)


def stop(server: uvicorn.Server, thread: threading.Thread) -> None:
    server.should_exit = True
    thread.join()


def read_stats(port: int) -> Json:
    stats: Json = httpx.get(f"http://127.0.0.1:{port}/stats", timeout=20).json()
    return stats


@contextmanager
def connect(port: int) -> Iterator[socket.socket]:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", port))
        client.sendall(UPGRADE)
        yield client


def read_all(client: socket.socket, piece: int) -> bytes:
    received = bytearray()
    with suppress(ConnectionResetError):
        while chunk := client.recv(piece):
            received += chunk
    return bytes(received)


def test_a_client_that_reads_but_does_not_answer_is_closed_for_that(redis_url: str) -> None:
    with serve(redis_url, timeout=0.1) as port, connect(port) as client:
        assert b"keepalive ping timeout" in read_all(client, 1 << 16)
        wait_until(lambda: read_stats(port)["closed"] == {"no_pong": 1}, "it is closed")


@pytest.mark.parametrize("reads", [True, False], ids=["trickles", "never reads"])
def test_a_client_that_does_not_read_as_far_as_the_ping_is_closed_as_too_slow(
    redis_url: str, reads: bool
) -> None:
    publisher = Publisher(redis_url)
    # Long enough that the buffers are full by then on a busy machine, too.
    with serve(redis_url, timeout=10) as port, connect(port) as client:
        wait_until(lambda: read_stats(port)["clients"] == 1, "the reader is counted")
        for step in range(3_000):
            publisher.set_levels(bids=[(f"{50_000 + step % 50}.00", f"{step + 1}.00000")])
            if not step % 100 and read_stats(port)["closed"]:
                break
            if reads and not step % 10:
                client.recv(64)
        wait_until(lambda: read_stats(port)["closed"] == {"too_slow": 1}, "it is closed")
    publisher.close()
