"""Connections to the primary of a key's slot, for programs in an event loop."""

import asyncio
from typing import Any

from redis import RedisError
from redis.asyncio import Connection, ConnectionPool, Redis, SSLConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import ResponseError

from cluster.address import ClusterAddress, Node, parse_cluster
from cluster.blocking import ASK_SECONDS
from cluster.slots import choose_primary, find_slot, list_nodes, means_elsewhere


class Directory:
    """Finds the primary of a slot, as its namesake in `cluster.blocking` does."""

    def __init__(self, address: ClusterAddress, slot: int) -> None:
        self._address = address
        self._slot = slot
        self._nodes = list(address.seeds)

    async def find_primary(self) -> Node:
        """Return the primary as the first node that answers knows it; raise NoConnection."""
        trouble = "nobody has its slot"
        for node in list(self._nodes):
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    ranges = await self._ask(node)
            except (RedisError, OSError, TimeoutError) as error:
                trouble = str(error) or "no answer"
                self._nodes.remove(node)
                self._nodes.append(node)
                continue
            self._nodes += [each for each in list_nodes(ranges, node) if each not in self._nodes]
            primary = choose_primary(ranges, self._slot, node)
            if primary is not None:
                return primary
        raise NoConnection(f"no node of the cluster says where slot {self._slot} is: {trouble}")

    async def _ask(self, node: Node) -> Any:
        client: Any = Redis(
            host=node.host,
            port=node.port,
            **self._address.login,
            ssl=self._address.is_encrypted,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        try:
            return await client.execute_command("CLUSTER SLOTS")
        finally:
            await client.aclose()


class _Following:
    """What makes a connection one to the primary of a slot."""

    directory: Directory

    async def _connect(self) -> Any:
        self.host, self.port = await self.directory.find_primary()
        return await super()._connect()  # type: ignore[misc]

    async def read_response(self, *arguments: Any, **options: Any) -> Any:
        """Read a response; hang up if the node says that another one is the primary."""
        try:
            return await super().read_response(*arguments, **options)  # type: ignore[misc]
        except ResponseError as error:
            if means_elsewhere(error):
                await self.disconnect(nowait=True)  # type: ignore[attr-defined]
            raise


class PrimaryConnection(_Following, Connection):
    """A connection that is to the primary whenever it is opened."""

    def __init__(self, directory: Directory, **options: Any) -> None:
        self.directory = directory
        super().__init__(**options)


class EncryptedPrimaryConnection(_Following, SSLConnection):
    """The same, encrypted."""

    def __init__(self, directory: Directory, **options: Any) -> None:
        self.directory = directory
        super().__init__(**options)


def make_pool(url: str, key: str, **options: Any) -> ConnectionPool:
    """Make a pool of connections to the primary that has `key`; ValueError for a bad URL."""
    address = parse_cluster(url)
    return ConnectionPool(
        connection_class=EncryptedPrimaryConnection if address.is_encrypted else PrimaryConnection,
        directory=Directory(address, find_slot(key)),
        **address.login,
        **options,
    )
