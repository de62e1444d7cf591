"""Names in `Host` and `Origin`, for every service that a browser may be sent to.

A page can point its own name at this machine (DNS rebinding), and the browser then takes us for
the page's own site. It cannot do so with an address or with `localhost`.
"""

import ipaddress
import re
from contextlib import suppress
from urllib.parse import urlsplit

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_is_authority = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[\w.-]+)(:\d{1,5})?", re.ASCII).fullmatch


def split_host(text: str) -> tuple[str, int | None]:
    """Return the name and port of `name:port`; the name is empty if `text` has another form."""
    if not _is_authority(text):  # urlsplit takes a user's name and a path, too
        return "", None
    with suppress(ValueError):
        parts = urlsplit(f"//{text}")
        return parts.hostname or "", parts.port
    return "", None


def is_loopback(url: str) -> bool:
    """Whether `url` means this machine, which is never asked for through a proxy."""
    with suppress(ValueError):
        name = urlsplit(url).hostname or ""
        return name == "localhost" or is_loopback_address(name)
    return False


def is_loopback_address(address: str) -> bool:
    """Whether only this machine can be at `address`, which may name an interface behind a %."""
    with suppress(ValueError):
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    return False


def format_host(host: str) -> str:
    """Return `host` as a URL has it: an address of IPv6 stands in brackets."""
    return f"[{host}]" if ":" in host else host


def is_address(name: str) -> bool:
    """Whether `name` can mean nobody else: it is an IP address, or `localhost`."""
    if name == "localhost":
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
