"""Who may do what on our own Redis: a user for each service, with what it needs and no more.

The passwords are drawn at each start. The server's configuration has their hashes, and each service
is told its own alone.
"""

import hashlib
import secrets
from typing import NamedTuple

from launcher.settings import LauncherSettings
from protocol import channels
from protocol.settings import SERVICE_REDIS_URLS
from protocol.shards import FIRST

_SUBSCRIBE = "+subscribe +unsubscribe"
_CONNECTION = "+ping +select"
_SCRIPTS = "+eval +evalsha +script|load +script|exists"
_READ = "+@read -@dangerous +eval_ro +evalsha_ro +multi +exec +discard"
_OTHER_LISTS = "order_queue:*"
_OTHER_COMPANIONS = f"{{{_OTHER_LISTS}}}:"
"""What the keys and channels of the shards from 2 on begin with."""


def _make_rights(*, is_sharded: bool) -> dict[str, str]:
    """Return for each user what it may do, as Redis's access control lists say it.

    `is_sharded`: on the shards from 2 on, too.
    """

    def name(mark: str, *first: str, others: tuple[str, ...] = ()) -> str:
        return " ".join(mark + each for each in (*first, *(others if is_sharded else ())))

    lists = name("~", channels.ORDER_QUEUE, others=(_OTHER_LISTS,))
    all_keys = (channels.ORDER_QUEUE, channels.companion_pattern())
    other_keys = (_OTHER_LISTS, f"{_OTHER_COMPANIONS}*")
    keys, read_keys = (name(mark, *all_keys, others=other_keys) for mark in ("~", "%R~"))
    states = name("~", channels.STATE, others=(f"{_OTHER_COMPANIONS}state",))
    claims = name("~", channels.claim_key_pattern(), others=(f"{_OTHER_COMPANIONS}claim:*",))
    events = name(
        "&", *channels.EVENT_CHANNELS,
        others=tuple(_OTHER_COMPANIONS + each for each in channels.EVENT_CHANNELS),
    )  # fmt: skip
    clock = name(
        "&", channels.CLOCK_MOVES, channels.RESETS,
        others=(_OTHER_COMPANIONS + channels.CLOCK_MOVES, _OTHER_COMPANIONS + channels.RESETS),
    )  # fmt: skip
    reply = channels.reply_channel("*")
    replies = name("&", reply, others=(_OTHER_COMPANIONS + reply,))
    transfer_ids = f" (~{FIRST.transfer_id_key_pattern()} +set +unlink)" if is_sharded else ""
    send_orders = (
        # a script may name any key; what it does with each is checked as if it came without it
        f"{read_keys} {events} {clock} {replies} {_READ} {_SUBSCRIBE}"
        f" ({keys} {_SCRIPTS})"
        f" ({lists} +rpush)"
        f" ({states} +hsetnx)"
        f" ({claims} +set){transfer_ids}"
    )
    return {
        "launcher": "~* &* +@all",
        "engine": f"{keys} {events} {clock} {replies} {_READ} +@write -@dangerous +publish +info"
        f" +time +config|get {_SCRIPTS}",
        "order_gateway": send_orders,
        "market_data": f"{read_keys} {events} {clock} {_READ} {_SUBSCRIBE}",
        "archive": f"{read_keys} {_READ} +script|load +script|exists"
        f" ({states} +eval +evalsha +hset)",
        "binance_gateway": f"{send_orders} (~{channels.binance_key_pattern()} +@write -@dangerous)",
    }


_DEFAULT_USER = "user default off ~* &* +@all"
"""Nobody can be this user, but Redis loads the append-only file as it, and checks its rights for
what is in a transaction: without them every commit since the last rewrite would be left out."""


class RedisAddresses(NamedTuple):
    """The URL of the Redis for each part of the system, with the part's own user and password."""

    launcher: str
    engine: str
    order_gateway: str
    market_data: str
    archive: str
    binance_gateway: str

    def of(self, module: str) -> str:
        """Return the URL for the service with the module `module`."""
        return str(getattr(self, module))


class Access(NamedTuple):
    """The users of our own server: their URLs, and the lines of its configuration."""

    addresses: RedisAddresses
    configuration: str


def make_access(port: int, *, is_sharded: bool = False) -> Access:
    """Draw the passwords of the users of the server on `port`, for one shard or for all."""
    passwords = {user: secrets.token_hex(24) for user in RedisAddresses._fields}
    urls = {
        user: f"redis://{user}:{password}@127.0.0.1:{port}/0"
        for user, password in passwords.items()
    }
    rights = _make_rights(is_sharded=is_sharded)
    lines = [
        _DEFAULT_USER,
        *(_format_user(user, password, rights[user]) for user, password in passwords.items()),
    ]
    return Access(RedisAddresses(**urls), "\n".join(lines) + "\n")


def name_addresses(settings: LauncherSettings, url: str) -> RedisAddresses:
    """Return the URLs for the server `url` that the user named: a part's own, else `url`."""
    own = {
        module: getattr(settings, name.lower()) or url
        for module, name in SERVICE_REDIS_URLS.items()
    }
    return RedisAddresses(launcher=url, **own)


def format_users(*, is_sharded: bool = False) -> str:
    """Return the lines that make the same users on another server, for `redis-cli`.

    To run them again leaves these users with these rights and passwords alone.
    """
    lines = [
        f"ACL SETUSER {user} reset on >PASSWORD_OF_{user.upper()} {_describe_rights(rights)}"
        for user, rights in _make_rights(is_sharded=is_sharded).items()
    ]
    return "\n".join([*lines, f"ACL SETUSER {_DEFAULT_USER.removeprefix('user ')}"])


def _describe_rights(rights: str) -> str:
    return f"resetchannels {_CONNECTION} {rights}"


def _format_user(user: str, password: str, rights: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f"user {user} on #{digest} {_describe_rights(rights)}"
