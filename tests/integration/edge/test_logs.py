"""What the edge logs of strangers: nothing that they ask for, and little of what they do wrong."""

import logging
import socket

import pytest

from tests.integration.edge.test_connections import HANDSHAKE, connect, read_to_the_end, serve
from tests.support.raw_websocket import make_frame

SECRET = b"what-the-query-says"
TEXT = 1


def ask(port: int, request: bytes) -> bytes:
    with connect(port) as client:
        client.sendall(request)
        client.shutdown(socket.SHUT_WR)
        return read_to_the_end(client)


def test_no_query_is_ever_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    target = b"/?key=" + SECRET
    with serve() as port:
        for request in (
            b"GET %b HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            b"GET %b HTTP/1.1\r\n\r\n",
            b"GET %b HTTP/9.9\r\nHost: localhost\r\n\r\n",
            b"GET //[%b HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET http://localhost:99999999%b HTTP/1.1\r\nHost: localhost:99999999\r\n\r\n",
            b"GET %b#" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            HANDSHAKE.replace(b"/ ", b"%b ").replace(b"Version: 13", b"Version: 12"),
            HANDSHAKE.replace(b"/ ", b"%b "),
        ):
            ask(port, request.replace(b"%b", target))
    assert caplog.records
    assert SECRET.decode() not in caplog.text


def test_what_strangers_do_wrong_is_logged_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    with serve() as port:
        for _ in range(20):
            ask(port, HANDSHAKE + make_frame(TEXT, b"\xff"))
            with connect(port) as client:
                client.sendall(HANDSHAKE)
                client.recv(4096)
                client.sendall(make_frame(TEXT, b"\xff"))
                read_to_the_end(client)
            ask(port, b"no HTTP\r\n\r\n")
    assert 0 < len(caplog.records) < 5
