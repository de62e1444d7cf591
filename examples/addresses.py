"""Where the exchange is: its hosts and ports, from the environment or the clone's `.env`.

The exchange reads them with packages that the clients alone do not bring, so they are read here
with what Python has: a line is `NAME=value`, as `.env.example` shows.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ENV_FILE = Path(__file__).resolve().parents[1] / ".env"
DEFAULTS: Mapping[str, str] = {
    "GATEWAY_HOST": "127.0.0.1",
    "GATEWAY_PORT": "8000",
    "MARKET_DATA_HOST": "127.0.0.1",
    "MARKET_DATA_PORT": "8001",
}
_LAST_PORT = 65_535


class Addresses(NamedTuple):
    """URLs of the order gateway and of the feed."""

    gateway: str
    feed: str


def read_addresses(env_file: Path = ENV_FILE) -> Addresses:
    """Return the addresses; raise ValueError for a port that is none."""
    environment = {name.upper(): value for name, value in os.environ.items() if value}
    settings = {**DEFAULTS, **_read_file(env_file), **environment}
    for name in ("GATEWAY_PORT", "MARKET_DATA_PORT"):
        text = settings[name]
        if not text.isdecimal() or not 0 < int(text) <= _LAST_PORT:
            raise ValueError(f"{name}={text}: a port is a whole number from 1 to {_LAST_PORT}")
    gateway = f"{_format_host(settings['GATEWAY_HOST'])}:{settings['GATEWAY_PORT']}"
    feed = f"{_format_host(settings['MARKET_DATA_HOST'])}:{settings['MARKET_DATA_PORT']}"
    return Addresses(f"http://{gateway}", f"ws://{feed}/ws/market-data")


def _format_host(host: str) -> str:
    """Return a host as a URL has it: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def _read_file(path: Path) -> dict[str, str]:
    """Return what the file sets, names in capitals; nothing if there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    found: dict[str, str] = {}
    for line in lines:
        name, is_setting, value = line.strip().removeprefix("export ").partition("=")
        value = value.partition(" #")[0].strip().strip("\"'")
        if is_setting and value and not name.startswith("#"):
            found[name.strip().upper()] = value
    return found
