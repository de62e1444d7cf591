"""A TCP proxy that can hang up once it has passed on a given word."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_CHUNK = 1 << 16
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """A proxy before a server of this machine; `resets` counts the connections that it cut."""

    def __init__(self, target: int) -> None:
        self.resets = 0
        self.word: bytes | None = None
        """Cut the connection once this has been passed on to the server; then forget it."""
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                threading.Thread(target=self._send, args=(client, server), daemon=True).start()
                threading.Thread(target=self._return, args=(server, client), daemon=True).start()

    def _send(self, client: socket.socket, server: socket.socket) -> None:
        """Carry from the client to the server."""
        with suppress(OSError), server:
            while data := client.recv(_CHUNK):
                server.sendall(data)
                if self.word is not None and self.word in data:
                    self.word = None
                    self.resets += 1
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                    client.close()
                    server.shutdown(socket.SHUT_WR)  # what was sent is still carried out
                    return

    def _return(self, server: socket.socket, client: socket.socket) -> None:
        """Carry from the server to the client."""
        with suppress(OSError), client:
            while data := server.recv(_CHUNK):
                client.sendall(data)

    def close(self) -> None:
        self._listener.close()


@contextmanager
def run_proxy(target: int) -> Iterator[Proxy]:
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
