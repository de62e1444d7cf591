"""Ports for servers that come up later, or again: whatever else asks for one, it gets another."""

import os
from collections.abc import Iterator
from itertools import count

from launcher.supervision.listening import is_port_free

_FIRST, _BLOCK, _BLOCKS = 12_000, 1_000, 20
"""Below what systems give to clients, and to servers that name no port."""


def find_free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on, and no other worker of the suite takes."""
    return next(port for port in _ports if is_port_free(port))


def _list_ports() -> Iterator[int]:
    """Those of this worker, again and again; from another one on in each process."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _BLOCKS
    for number in count(os.getpid()):
        yield _FIRST + worker * _BLOCK + number % _BLOCK


_ports = _list_ports()
