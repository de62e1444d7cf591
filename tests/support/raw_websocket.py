"""A WebSocket client that sends what no library would."""

import socket
from contextlib import suppress

from tests.support.waiting import DEADLINE_SECONDS


def make_frame(opcode: int, content: bytes, *, fin: bool = True) -> bytes:
    """A short frame of a client, its mask all zero."""
    assert len(content) < 126
    return bytes([fin << 7 | opcode, 0x80 | len(content)]) + bytes(4) + content


def open_websocket(port: int, path: str) -> socket.socket:
    """Shake hands; return the connection behind the answer's headers."""
    client = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_SECONDS)
    client.sendall(
        b"GET %b HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n" % path.encode()
    )
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += client.recv(1)
    assert answer.startswith(b"HTTP/1.1 101 "), answer
    return client


def read_to_end(client: socket.socket) -> bytes:
    """Everything that comes until the server ends the connection."""
    received = bytearray()
    with suppress(ConnectionResetError):
        while piece := client.recv(1 << 16):
            received += piece
    return bytes(received)
