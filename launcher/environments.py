"""The environment of a service: ours, what `.env` adds, and no secret that it does not use."""

import os

from dotenv import dotenv_values

from protocol.settings import SECRETS

_USERS_OF_SECRETS: dict[str, frozenset[str]] = {
    "DATABASE_URL": frozenset({"archive", "order_gateway", "market_data", "binance_gateway"}),
    "API_KEYS": frozenset({"order_gateway", "binance_gateway"}),
    "API_KEYS_FILE": frozenset({"order_gateway", "binance_gateway"}),
}
"""Of the other secrets no service is told; the URL of its Redis is one of its own."""


def make_environment(module: str, redis_url: str | None = None) -> dict[str, str]:
    """Return the environment of the service with the module `module`, and the Redis to use.

    `redis` is the server itself.
    """
    from_file = {name: value for name, value in dotenv_values(".env").items() if value}
    environment = {
        name: value
        for name, value in {**from_file, **os.environ}.items()
        if name.upper() not in SECRETS or module in _USERS_OF_SECRETS.get(name.upper(), ())
    }
    if redis_url is not None:
        environment["REDIS_URL"] = redis_url
    return environment | {"PYTHONUNBUFFERED": "1"}


def read_setting(name: str) -> str | None:
    """Return a setting that no class of settings has, from the environment or from `.env`."""
    return os.environ.get(name) or dotenv_values(".env").get(name) or None
