"""Check a cluster that the user named, and say what it may lose."""

from collections.abc import Iterator
from typing import Any

import redis

from cluster.address import is_cluster, parse_cluster
from cluster.blocking import open_node, open_primaries
from launcher.redis.binary import parse_version
from launcher.redis.named import OPEN, NamedRedis, check_server, explain_silence, is_open_to_all
from launcher.settings import hide_password
from launcher.setup.errors import LaunchError

_HAS_WAITAOF = {"Redis": (7, 2), "Valkey": (7, 2)}
_SECONDS = 5.0


def check_named_cluster(url: str) -> NamedRedis:
    """Return the cluster at `url`; raise LaunchError if it does not answer or cannot be used."""
    shown = hide_password(url)
    try:
        found = [_check_primary(client, shown) for client in open_primaries(url, _SECONDS)]
    except ValueError as error:
        raise LaunchError(f"REDIS_URL: {error}") from None
    except redis.RedisError as error:
        raise explain_silence(shown, error) from None
    warnings = dict.fromkeys(warning for each in found for warning in each.warnings)
    if is_cluster_open(url):
        warnings[OPEN] = None
    title = f"{found[0].title} cluster of {len(found)} primaries"
    return NamedRedis(title, found[0].durability, tuple(warnings))


def is_open(url: str) -> bool:
    """Return whether the server, or a node of the cluster, lets in everyone."""
    return is_cluster_open(url) if is_cluster(url) else is_open_to_all(url)


def is_cluster_open(url: str) -> bool:
    """Return whether a node does what it is asked without a user and a password."""
    address = parse_cluster(url)
    try:
        with open_node(address._replace(username=None, password=None), address.seeds[0], 1) as node:
            return bool(node.ping())
    except redis.RedisError:
        return False


def _check_primary(client: Any, shown: str) -> NamedRedis:
    found = check_server(client, shown)
    where = f"{shown}, node {client.connection_pool.connection_kwargs['port']}"
    if found.durability == "off":
        raise LaunchError(
            f"{where} has no append-only file, and so can confirm no order; on each node, run:"
            " CONFIG SET appendonly yes"
        )
    return found._replace(warnings=tuple(_list_losses(client, found)))


def _list_losses(client: Any, found: NamedRedis) -> Iterator[str]:
    """Say what may be lost, and when nothing is taken."""
    name, version = found.title.split()
    if parse_version(version)[:2] < _HAS_WAITAOF[name]:
        yield (
            f"{found.title} has no WAITAOF: an order is accepted when a replica has it, and"
            " lost if that and its primary die before their disks have it"
        )
    if found.durability != "always":
        yield (
            f"appendfsync is {found.durability}: each order waits until both disks have it, up to"
            " a second"
        )
    replicas = int(client.info("replication")["connected_slaves"])
    if replicas == 0:
        yield "a primary has no replica: no order is accepted there until it has"
    elif replicas == 1:
        yield (
            "a primary has one replica: if either dies, nothing is accepted there until it is back;"
            " two replicas are recommended"
        )
    if client.config_get("min-replicas-to-write").get("min-replicas-to-write") == "0":
        yield (
            "min-replicas-to-write is 0: a primary that is cut off goes on taking orders, which it"
            " does not acknowledge, and forgets them; on each node, run: CONFIG SET"
            " min-replicas-to-write 1"
        )
