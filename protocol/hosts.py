"""Names in `Host` and `Origin`, for every service that a browser may be sent to.

A page can point a name of its own at this machine (DNS rebinding), and then the browser takes us
for the page's own site. It cannot do so with an address or with `localhost`.
"""

import ipaddress
from contextlib import suppress
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


def split_host(text: str) -> tuple[str, int | None]:
    """Name and port of `name:port`; an empty name for what is none."""
    with suppress(ValueError):
        parts = urlsplit(f"//{text}")
        return parts.hostname or "", parts.port
    return "", None


def is_address(name: str) -> bool:
    """Whether nobody else can be meant by `name`: an IP address, or `localhost`."""
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
