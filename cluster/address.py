"""The address of a cluster: a URL that names some of its nodes."""

from typing import Any, NamedTuple
from urllib.parse import unquote

SCHEMES = {"redis+cluster": False, "rediss+cluster": True}
"""Scheme → whether it is encrypted."""
_FORM = "use redis+cluster://[user:password@]host:port[,host:port…]"


class Node(NamedTuple):
    """Where a node listens."""

    host: str
    port: int


class ClusterAddress(NamedTuple):
    """Some nodes, any of which knows the others, and how to log in to each."""

    seeds: tuple[Node, ...]
    username: str | None = None
    password: str | None = None
    is_encrypted: bool = False

    @property
    def login(self) -> dict[str, Any]:
        """What a connection is given beside host and port."""
        return {"username": self.username, "password": self.password}


def is_cluster(url: str) -> bool:
    """Whether the URL is a cluster's."""
    return url.partition("://")[0] in SCHEMES


def parse_cluster(url: str) -> ClusterAddress:
    """Parse a cluster's URL; raise ValueError, without its password, if it is none."""
    scheme, _, rest = url.partition("://")
    if scheme not in SCHEMES:
        raise ValueError(f"{scheme}:// is no cluster: {_FORM}")
    login, _, places = rest.rpartition("@")
    hosts, _, database = places.partition("/")
    if database not in {"", "0"}:
        raise ValueError(f"a cluster has database 0 alone, not {database!r}: {_FORM}")
    username, _, password = login.partition(":")
    return ClusterAddress(
        tuple(_parse_node(place) for place in hosts.split(",")),
        unquote(username) or None,
        unquote(password) or None,
        SCHEMES[scheme],
    )


def _parse_node(place: str) -> Node:
    host, _, port = place.strip().rpartition(":")
    if not host or not port.isascii() or not port.isdecimal() or not 0 < int(port) < 2**16:
        raise ValueError(f"{place!r} is not host:port: {_FORM}")
    return Node(host.strip("[]"), int(port))
