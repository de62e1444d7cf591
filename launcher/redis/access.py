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

_KEYS = f"~{channels.ORDER_QUEUE} ~{channels.companion_pattern()}"
_READ_KEYS = f"%R~{channels.ORDER_QUEUE} %R~{channels.companion_pattern()}"
_EVENTS = " ".join(f"&{channel}" for channel in channels.EVENT_CHANNELS)
_REPLIES = f"&{channels.reply_channel('*')}"
_SUBSCRIBE = "+subscribe +unsubscribe"
_CONNECTION = "+ping +select"
_SCRIPTS = "+eval +evalsha +script|load +script|exists"
_READ = "+@read -@dangerous +eval_ro +evalsha_ro +multi +exec +discard"

_RIGHTS = {
    "launcher": "~* &* +@all",
    "engine": f"{_KEYS} {_EVENTS} {_REPLIES} {_READ} +@write -@dangerous +publish +info"
    f" +config|get {_SCRIPTS}",
    # a script may name any key; what it does with each is checked as if it came without the script
    "order_gateway": f"{_READ_KEYS} {_EVENTS} {_REPLIES} {_READ} {_SUBSCRIBE}"
    f" ({_KEYS} {_SCRIPTS})"
    f" (~{channels.ORDER_QUEUE} +rpush)"
    f" (~{channels.STATE} +hsetnx)"
    f" (~{channels.claim_key_pattern()} +set)",
    "market_data": f"{_READ_KEYS} {_EVENTS} {_READ} {_SUBSCRIBE}",
    "archive": f"{_READ_KEYS} {_READ} +script|load +script|exists"
    f" (~{channels.STATE} +eval +evalsha +hset)",
}
"""For each user what it may do, as Redis's access control lists say it."""
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

    def of(self, module: str) -> str:
        """Return the URL for the service with the module `module`."""
        return str(getattr(self, module))


class Access(NamedTuple):
    """The users of our own server: their URLs, and the lines of its configuration."""

    addresses: RedisAddresses
    configuration: str


def make_access(port: int) -> Access:
    """Draw the passwords of the users of the server on `port`."""
    passwords = {user: secrets.token_hex(24) for user in RedisAddresses._fields}
    urls = {
        user: f"redis://{user}:{password}@127.0.0.1:{port}/0"
        for user, password in passwords.items()
    }
    lines = [_DEFAULT_USER, *(_format_user(*item) for item in passwords.items())]
    return Access(RedisAddresses(**urls), "\n".join(lines) + "\n")


def name_addresses(settings: LauncherSettings, url: str) -> RedisAddresses:
    """Return the URLs for the server `url` that the user named: a part's own, else `url`."""
    own = {
        module: getattr(settings, name.lower()) or url
        for module, name in SERVICE_REDIS_URLS.items()
    }
    return RedisAddresses(launcher=url, **own)


def format_users() -> str:
    """Return the lines that make the same users on another server, for `redis-cli`.

    To run them again leaves these users with these rights and passwords alone.
    """
    lines = [
        f"ACL SETUSER {user} reset on >PASSWORD_OF_{user.upper()} {_describe_rights(user)}"
        for user in RedisAddresses._fields
    ]
    return "\n".join([*lines, f"ACL SETUSER {_DEFAULT_USER.removeprefix('user ')}"])


def _describe_rights(user: str) -> str:
    return f"resetchannels {_CONNECTION} {_RIGHTS[user]}"


def _format_user(user: str, password: str) -> str:
    digest = hashlib.sha256(password.encode()).hexdigest()
    return f"user {user} on #{digest} {_describe_rights(user)}"
