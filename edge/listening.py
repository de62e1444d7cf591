"""The sockets that a service listens on: inherited ones, or its own."""

import errno
import socket
from collections.abc import Sequence

from edge.server import BACKLOG

_BOTH = {"127.0.0.1", "localhost"}
"""Hosts that mean this machine alone, which goes by `::1` too: a client may take either first."""
_TRIES = 20


def open_listeners(
    host: str, port: int, descriptors: Sequence[int] | None = None
) -> list[socket.socket]:
    """Return sockets that listen at `host` and `port`, or the inherited `descriptors`.

    For this machine's own address that is 127.0.0.1 and, where there is IPv6, ::1. Port 0 takes one
    that is free on both. Raise OSError.
    """
    if descriptors:
        return [socket.socket(fileno=each) for each in descriptors]
    if host not in _BOTH:
        return [_listen(host, port)]
    for _ in range(_TRIES):
        first = _listen("127.0.0.1", port)
        try:
            return [first, *_listen_on_ipv6(first.getsockname()[1])]
        except OSError:
            first.close()
            if port:
                raise
    raise OSError(errno.EADDRINUSE, "no port is free on both 127.0.0.1 and ::1")


def _listen_on_ipv6(port: int) -> list[socket.socket]:
    """Listen on ::1; a machine without IPv6 has none."""
    try:
        return [_listen("::1", port)]
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise
        return []


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG)
