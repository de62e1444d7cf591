"""The environment of a service: ours, what `.env` adds, and no secret that it does not use."""

import os

from dotenv import dotenv_values

_USERS_OF_SECRETS: dict[str, frozenset[str]] = {
    "DATABASE_URL": frozenset({"archive", "order_gateway", "market_data"}),
    "API_KEYS": frozenset({"order_gateway"}),
    "API_KEYS_FILE": frozenset({"order_gateway"}),
    "CHECK_API_KEY": frozenset(),
    "CHECK_API_SECRET": frozenset(),
    "REDIS_URL": frozenset(),  # each service is told its own
    "REDIS_PASSWORD": frozenset(),
    "ENGINE_REDIS_URL": frozenset(),
    "GATEWAY_REDIS_URL": frozenset(),
    "MARKET_DATA_REDIS_URL": frozenset(),
    "ARCHIVE_REDIS_URL": frozenset(),
}
SECRETS = frozenset(_USERS_OF_SECRETS)
"""The settings that may hold a password or a key, or name the file with the keys."""


def make_environment(module: str, redis_url: str | None = None) -> dict[str, str]:
    """Return the environment of the service with the module `module`, and the Redis to use.

    `redis` is the server itself.
    """
    from_file = {name: value for name, value in dotenv_values(".env").items() if value}
    environment = {
        name: value
        for name, value in {**from_file, **os.environ}.items()
        if module in _USERS_OF_SECRETS.get(name.upper(), {module})
    }
    if redis_url is not None:
        environment["REDIS_URL"] = redis_url
    return environment | {"PYTHONUNBUFFERED": "1"}


def read_setting(name: str) -> str | None:
    """Return a setting that no class of settings has, from the environment or from `.env`."""
    return os.environ.get(name) or dotenv_values(".env").get(name) or None
