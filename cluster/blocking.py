"""Connections to the primary of a key's slot, for programs that wait."""

from collections.abc import Iterator
from typing import Any

from redis import Connection, ConnectionPool, Redis, RedisError, SSLConnection
from redis import ConnectionError as NoConnection
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

from cluster.address import ClusterAddress, Node, parse_cluster
from cluster.slots import choose_primary, find_slot, list_nodes, list_primaries, means_elsewhere

ASK_SECONDS = 0.5
"""How long a node may take to say where a slot is, before another one is asked."""


class Directory:
    """Finds the primary of a slot by asking the nodes that are known, one after the other."""

    def __init__(self, address: ClusterAddress, slot: int) -> None:
        self._address = address
        self._slot = slot
        self._nodes = list(address.seeds)

    def find_primary(self) -> Node:
        """Return the primary as the first node that answers knows it; raise NoConnection."""
        trouble = "nobody has its slot"
        for node in list(self._nodes):
            try:
                ranges = self._ask(node)
            except RedisError as error:
                trouble = str(error)
                self._nodes.remove(node)  # whoever answers is asked first from now on
                self._nodes.append(node)
                continue
            self._nodes += [each for each in list_nodes(ranges, node) if each not in self._nodes]
            primary = choose_primary(ranges, self._slot, node)
            if primary is not None:
                return primary
        raise NoConnection(f"no node of the cluster says where slot {self._slot} is: {trouble}")

    def _ask(self, node: Node) -> Any:
        with open_node(self._address, node, ASK_SECONDS) as client:
            return client.execute_command("CLUSTER SLOTS")


def open_node(address: ClusterAddress, node: Node, seconds: float) -> Any:
    """Open a client of one node, whatever it has."""
    return Redis(
        *node,
        **address.login,
        ssl=address.is_encrypted,
        socket_timeout=seconds,
        socket_connect_timeout=seconds,
        retry=Retry(NoBackoff(), 0),
        protocol=2,
    )


def open_primaries(url: str, seconds: float = 5.0) -> Iterator[Any]:
    """Open a client of each primary, one after the other; raise NoConnection, ValueError."""
    address = parse_cluster(url)
    trouble = "no seeds"
    for seed in address.seeds:
        try:
            with open_node(address, seed, seconds) as client:
                ranges = client.execute_command("CLUSTER SLOTS")
        except RedisError as error:
            trouble = str(error)
            continue
        for node in list_primaries(ranges, seed):
            with open_node(address, node, seconds) as client:
                yield client
        return
    raise NoConnection(trouble)


class _Following:
    """What makes a connection one to the primary of a slot."""

    directory: Directory

    def _connect(self) -> Any:
        node = self.directory.find_primary()
        self.host, self.port = node  # what the plain connection reads when it is opened
        return super()._connect()  # type: ignore[misc]

    def read_response(self, *arguments: Any, **options: Any) -> Any:
        """Read a response; hang up if the node says that another one is the primary."""
        try:
            return super().read_response(*arguments, **options)  # type: ignore[misc]
        except ResponseError as error:
            if means_elsewhere(error):
                self.disconnect()  # type: ignore[attr-defined]
            raise


class PrimaryConnection(_Following, Connection):
    """A connection that is to the primary whenever it is opened."""

    def __init__(self, directory: Directory, **options: Any) -> None:
        self.directory = directory
        super().__init__(**options)  # type: ignore[no-untyped-call]


class EncryptedPrimaryConnection(_Following, SSLConnection):
    """The same, encrypted."""

    def __init__(self, directory: Directory, **options: Any) -> None:
        self.directory = directory
        super().__init__(**options)


def open_primary(url: str, key: str, **options: Any) -> Redis:
    """Make a client of the primary that has `key`; raise ValueError for a bad URL."""
    address = parse_cluster(url)
    kind = EncryptedPrimaryConnection if address.is_encrypted else PrimaryConnection
    pool = ConnectionPool(
        connection_class=kind,
        directory=Directory(address, find_slot(key)),
        **address.login,
        **options,
    )
    return Redis.from_pool(pool)  # which hangs up when it is closed
