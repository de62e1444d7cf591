"""Check a Redis that the user named, and say what it may lose."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import redis

from launcher.redis.binary import describe_oldest, is_recent_enough
from launcher.redis.server import connect
from launcher.settings import hide_password
from launcher.setup.errors import LaunchError

_LOSSES = {
    "always": None,
    "everysec": "appendfsync is everysec: if it or its machine dies, up to about a second of "
    "accepted orders and trades is lost, more while the disk is slow",
    "no": "appendfsync is no: if its machine dies, all since the system last wrote to disk is "
    "lost (often 30 seconds)",
    None: "its appendfsync cannot be read: unless that is `always`, accepted orders are lost if "
    "it dies",
}
_NO_FILE = (
    "appendonly is off: if it restarts, all orders and trades since its last snapshot are lost, "
    "and without snapshots everything"
)
OPEN = (
    "it lets in everyone who can reach it: they can read, cancel and forge orders and trades; give "
    "it users with passwords, as the README says under Redis"
)


class NamedRedis(NamedTuple):
    """The server that was found; `warnings` say what it may lose, and whom it lets in."""

    title: str
    warnings: tuple[str, ...]


def check_named_redis(url: str) -> NamedRedis:
    """Return the server at `url`; raise LaunchError if it does not answer or cannot be used."""
    shown = hide_password(url)
    try:
        with connect(url) as client:
            found = _check(client, shown)
        return found._replace(warnings=(*found.warnings, OPEN)) if is_open_to_all(url) else found
    except ValueError as error:
        raise LaunchError(f"REDIS_URL {shown} is not usable: {error}") from None
    except redis.RedisError as error:
        reason = str(error).rstrip(".")
        raise LaunchError(
            f"no answer from the Redis that you named, {shown}: {reason}. Start it, correct "
            "REDIS_URL, or unset it to let start_system.py start its own"
        ) from None


def _check(client: redis.Redis, shown: str) -> NamedRedis:
    facts: Mapping[str, Any] = client.info()
    name = "valkey" if "valkey_version" in facts else "redis"
    version = str(facts.get("valkey_version") or facts["redis_version"])
    title = f"{name.capitalize()} {version}"
    if not is_recent_enough(name, version):
        raise LaunchError(f"{shown} is {title}: too old, {describe_oldest()}")
    policy = facts.get("maxmemory_policy")
    if policy != "noeviction":
        raise LaunchError(
            f"{shown} has maxmemory-policy {policy}, which may delete orders; on it, run: "
            "CONFIG SET maxmemory-policy noeviction"
        )
    loss = describe_loss(bool(facts.get("aof_enabled")), _read_fsync(client))
    return NamedRedis(title, (loss,) if loss else ())


def is_open_to_all(url: str) -> bool:
    """Return whether the server at `url` does what it is asked without a user and a password."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="")
    try:
        with connect(urlunsplit(bare), timeout=1.0) as client:
            return bool(client.ping())
    except (redis.RedisError, ValueError):
        return False


def describe_loss(has_append_only_file: bool, fsync: str | None) -> str | None:
    """Say what a server with this persistence may lose; None means nothing."""
    return _LOSSES.get(fsync, _LOSSES[None]) if has_append_only_file else _NO_FILE


def _read_fsync(client: redis.Redis) -> str | None:
    try:
        return dict(client.config_get("appendfsync")).get("appendfsync")
    except redis.ResponseError:  # managed servers hide it
        return None
