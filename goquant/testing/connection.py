"""A connection that asks one service, one request after the other.

A test sends thousands, and most of what httpx and `http.client` do for each is of no use here: it
takes ten times as long. What a caller sees of errors is httpx's.
"""

import re
import select
import socket
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx
import msgspec

_CHUNK = 1 << 16
_find_length = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE).search
_is_chunked = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE).search
_is_last = re.compile(rb"\r\nconnection: *close", re.IGNORECASE).search


class Answer(NamedTuple):
    """What a service answered: the head is its lines as they came."""

    method: str
    url: str
    status: int
    head: bytes
    content: bytes

    @property
    def is_error(self) -> bool:
        """Whether its status is 400 or above."""
        return self.status >= 400

    def read_json(self) -> dict[str, Any]:
        """Return the object that it is."""
        found: dict[str, Any] = msgspec.json.decode(self.content)
        return found

    def raise_for_status(self) -> "Answer":
        """Return itself; raise httpx.HTTPStatusError if it is an error, with what it says."""
        if not self.is_error:
            return self
        request = httpx.Request(self.method, self.url)
        lines = (line.split(b":", 1) for line in self.head.split(b"\r\n")[1:])
        headers = [(name, value.strip()) for name, value in lines if name.lower() not in _FRAMING]
        response = httpx.Response(
            self.status, headers=headers, content=self.content, request=request
        )
        raise httpx.HTTPStatusError(response.text, request=request, response=response)


_FRAMING = frozenset({b"transfer-encoding", b"content-length"})


class Connection:
    """A connection to `url` that is kept, and opened again if the service has closed it."""

    def __init__(self, url: str, seconds: float) -> None:
        address = urlsplit(url)
        self._address = (address.hostname or "", address.port or 80)
        self._host = address.netloc
        self._url = url
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._received = b""

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Return the answer, whatever its status; raise httpx.TransportError if there is none."""
        request = _make_request(method, path, self._host, body, headers or {})
        try:
            connection = self._open()
            connection.sendall(request)
            return self._read_answer(connection, method, path)
        except (OSError, ValueError) as error:
            self.close()
            raise _explain(error, httpx.Request(method, f"{self._url}{path}")) from error

    def close(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._received = None, b""

    def _open(self) -> socket.socket:
        """Return the connection, a new one if the service has closed it."""
        if self._socket is not None and _is_closed(self._socket):
            self.close()
        if self._socket is None:
            self._socket = socket.create_connection(self._address, self._seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket

    def _read_answer(self, connection: socket.socket, method: str, path: str) -> Answer:
        """Read an answer; raise OSError or ValueError if it is not whole, or none."""
        head = self._read_line(connection, b"\r\n\r\n")
        status = int(head[9:12])
        while status < 200:  # it will follow
            head = self._read_line(connection, b"\r\n\r\n")
            status = int(head[9:12])
        length = _find_length(head)
        if length is not None:
            content = self._read(connection, int(length[1]))
        elif _is_chunked(head):
            content = self._read_chunks(connection)
        else:
            content = b""
        if _is_last(head):
            self.close()
        return Answer(method, f"{self._url}{path}", status, head, content)

    def _read_chunks(self, connection: socket.socket) -> bytes:
        chunks = []
        while size := int(self._read_line(connection, b"\r\n"), 16):
            chunks.append(self._read(connection, size))
            self._read(connection, 2)
        self._read_line(connection, b"\r\n")
        return b"".join(chunks)

    def _read_line(self, connection: socket.socket, end: bytes) -> bytes:
        """Read up to an `end`, which is left out."""
        while (place := self._received.find(end)) < 0:
            self._receive(connection)
        line, self._received = self._received[:place], self._received[place + len(end) :]
        return line

    def _read(self, connection: socket.socket, size: int) -> bytes:
        while len(self._received) < size:
            self._receive(connection)
        content, self._received = self._received[:size], self._received[size:]
        return content

    def _receive(self, connection: socket.socket) -> None:
        received = connection.recv(_CHUNK)
        if not received:
            raise ConnectionResetError("the connection ended before the answer did")
        self._received += received


def _explain(error: Exception, request: httpx.Request) -> httpx.TransportError:
    """Return the error of httpx that says the same."""
    if isinstance(error, TimeoutError):
        return httpx.ReadTimeout(str(error), request=request)
    if isinstance(error, ConnectionRefusedError):
        return httpx.ConnectError(str(error), request=request)
    return httpx.ReadError(str(error), request=request)


def _make_request(
    method: str, path: str, host: str, body: bytes | None, headers: dict[str, str]
) -> bytes:
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    content = body or b""
    length = f"Content-Length: {len(content)}\r\n" if content or method != "GET" else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{length}{lines}\r\n".encode() + content


def _is_closed(connection: socket.socket) -> bool:
    """Whether the service has closed it: nothing is to be read between two requests."""
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable)
