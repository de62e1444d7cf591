"""Check a Redis that the user named, and say what it may lose."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

import redis

from launcher.redis.binary import describe_oldest, is_recent_enough, parse_version
from launcher.redis.server import connect
from launcher.settings import hide_password
from launcher.setup.errors import LaunchError
from protocol import channels

_LOSSES = {
    "off": "appendonly is off: if it restarts, all orders and trades since its last snapshot are "
    "lost, and without snapshots everything",
    "always": None,
    "everysec": "appendfsync is everysec: if it or its machine dies, up to about a second of "
    "accepted orders and trades is lost, more while the disk is slow",
    "no": "appendfsync is no: if its machine dies, all since the system last wrote to disk is "
    "lost (often 30 seconds)",
    None: "its appendfsync cannot be read: unless that is `always`, accepted orders are lost if "
    "it dies",
}
OPEN = (
    "it lets in everyone who can reach it: they can read, cancel and forge orders and trades; give "
    "it users with passwords, as the README says under Redis"
)


_NO_RIGHTS = (
    "its user default may not do what a commit does, and Redis 7.0 loads the append-only file as "
    "that user: a restart would leave out commits. On it, run: ACL SETUSER default off ~* &* "
    "+@all, and CONFIG REWRITE (with an ACL file: ACL SAVE)"
)
_LOADS_AS_DEFAULT = (7, 0)
_OF_A_COMMIT = (
    ("XADD", channels.JOURNAL, "*", "", ""),
    ("LTRIM", channels.ORDER_QUEUE, "1", "-1"),
    ("HSET", channels.STATE, "", ""),
    ("SET", channels.LEASE, ""),
)
"""What a script of the engine leaves in the append-only file."""


class NamedRedis(NamedTuple):
    """The server that was found; `warnings` say what it may lose, and whom it lets in.

    `durability` is what it keeps to: an `appendfsync`, or `off`; None if that cannot be read.
    """

    title: str
    durability: str | None
    warnings: tuple[str, ...]


def check_named_redis(url: str) -> NamedRedis:
    """Return the server at `url`; raise LaunchError if it does not answer or cannot be used."""
    shown = hide_password(url)
    try:
        with connect(url) as client:
            found = check_server(client, shown)
        return found._replace(warnings=(*found.warnings, OPEN)) if is_open_to_all(url) else found
    except ValueError as error:
        raise LaunchError(f"REDIS_URL {shown} is not usable: {error}") from None
    except redis.RedisError as error:
        raise explain_silence(shown, error) from None


def explain_silence(shown: str, error: redis.RedisError) -> LaunchError:
    """Return what to say of a server that does not answer."""
    reason = str(error).rstrip(".")
    return LaunchError(
        f"no answer from the Redis that you named, {shown}: {reason}. Start it, correct "
        "REDIS_URL, or unset it to let start_system.py start its own"
    )


def check_server(client: redis.Redis, shown: str) -> NamedRedis:
    """Return what the server is; raise LaunchError if it cannot be used."""
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
    durability = _read_fsync(client) if facts.get("aof_enabled") else "off"
    warnings = [_LOSSES.get(durability, _LOSSES[None])]
    if name == "redis" and parse_version(version)[:2] == _LOADS_AS_DEFAULT:
        warnings.append(_check_default_user(client))
    return NamedRedis(title, durability, tuple(filter(None, warnings)))


def _check_default_user(client: redis.Redis) -> str | None:
    """Say what is wrong with the rights of the user `default`; None if nothing is known to be."""
    try:
        answers = [client.acl_dryrun("default", *each) for each in _OF_A_COMMIT]
    except redis.ResponseError:  # our user may not ask
        return None
    return None if all(answer == b"OK" for answer in answers) else _NO_RIGHTS


def is_open_to_all(url: str) -> bool:
    """Return whether the server at `url` does what it is asked without a user and a password."""
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="")
    try:
        with connect(urlunsplit(bare), timeout=1.0) as client:
            return bool(client.ping())
    except (redis.RedisError, ValueError):
        return False


def _read_fsync(client: redis.Redis) -> str | None:
    try:
        return dict(client.config_get("appendfsync")).get("appendfsync")
    except redis.ResponseError:  # managed servers hide it
        return None
