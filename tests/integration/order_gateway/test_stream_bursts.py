"""`/ws/orders` after one command with very many reports, and with many unread streams."""

import json
import logging
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import psutil
from websockets.sync.client import ClientConnection, connect

from archive.database import open_for_queries
from archive.queries import Archive
from protocol.channels import ORDER_QUEUE
from tests.support.gateway_process import Exchange, run_exchange
from tests.support.redis_client import open_redis
from tests.support.waiting import DEADLINE_SECONDS, wait_until

ORDERS = 12_000
MEGABYTES = 100

_logger = logging.getLogger(__name__)


def rest_orders(redis_url: str, exchange: Exchange, count: int) -> None:
    """Put so many open orders of account `default` into the archive."""
    entry = b'{"order_id":"%d","symbol":"BTC-USDT","side":"buy","order_type":"limit",'
    entry += b'"price":"%d","quantity":"0.1"}'
    with open_redis(redis_url) as server:
        for start in range(1, count + 1, 1_000):
            ids = range(start, start + 1_000)
            server.rpush(ORDER_QUEUE, *(entry % (each, 50_000 + each % 50) for each in ids))
    archive = Archive(open_for_queries(exchange.database_url))
    wait_until(lambda: archive.last_sequence() >= count, "the orders are archived", 240)
    archive.close()


def stream_url(exchange: Exchange) -> str:
    return exchange.url.replace("http", "ws") + "/ws/orders"


def read(stream: ClientConnection) -> Any:
    return json.loads(stream.recv(timeout=4 * DEADLINE_SECONDS))


def read_reports(stream: ClientConnection, count: int) -> list[Any]:
    """The next reports."""
    reports: list[Any] = []
    while len(reports) < count:
        message = read(stream)
        if message["type"] != "heartbeat":
            reports.append(message)
    return reports


def test_who_reads_gets_every_report_of_a_cancel_of_everything(
    redis_url: str, tmp_path: Path
) -> None:
    with run_exchange(redis_url, tmp_path) as exchange, ExitStack() as stack:
        rest_orders(redis_url, exchange, ORDERS)
        url = stream_url(exchange)
        streams = [
            stack.enter_context(connect(url, max_size=None, max_queue=None, compression=None))
            for _ in range(4)
        ]
        for stream in streams:
            snapshot = read(stream)
            ids = [int(order["order_id"]) for order in snapshot["orders"]]
            assert (snapshot["number"], ids) == (0, list(range(1, ORDERS + 1)))
        with open_redis(redis_url) as server:
            server.rpush(ORDER_QUEUE, b'{"command":"cancel_all"}')
        for stream in streams:
            reports = read_reports(stream, ORDERS)
            assert [each["number"] for each in reports] == list(range(1, ORDERS + 1))
            assert {int(each["data"]["order_id"]) for each in reports} == set(ids)
            assert {each["data"]["status"] for each in reports} == {"canceled"}


def open_deaf_stream(exchange: Exchange) -> socket.socket:
    """A client of the stream that never reads."""
    port = int(exchange.url.rpartition(":")[2])
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(
        b"GET /ws/orders HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    return client


def test_unread_streams_hold_one_snapshot_and_are_closed(redis_url: str, tmp_path: Path) -> None:
    with run_exchange(redis_url, tmp_path) as exchange, ExitStack() as stack:
        rest_orders(redis_url, exchange, 20_000)
        worker = psutil.Process(exchange.workers[0].pid)
        with connect(stream_url(exchange), max_size=None, compression=None) as stream:
            assert len(read(stream)["orders"]) == 20_000
        before = highest = worker.memory_info().rss
        clients = [stack.enter_context(open_deaf_stream(exchange)) for _ in range(40)]

        def are_gone() -> bool:
            nonlocal highest
            highest = max(highest, worker.memory_info().rss)
            return len(worker.net_connections()) < 20

        wait_until(lambda: len(worker.net_connections()) > 40, "all are connected")
        wait_until(are_gone, "who does not read is gone", 120)
        for client in clients:
            with suppress(ConnectionResetError):
                while client.recv(1 << 16):
                    pass
    _logger.info("memory %d, highest %d MB", before >> 20, highest >> 20)
    assert (highest - before) >> 20 < MEGABYTES
