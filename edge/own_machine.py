"""Who asks from this machine, and means it."""

from starlette.types import Scope

from protocol.hosts import LOOPBACK_NAMES, is_loopback_address, split_host


def is_asked_here(scope: Scope) -> bool:
    """Whether a request comes from this machine, and neither by a proxy nor under another name."""
    address = scope["client"][0] if scope.get("client") else ""
    host: bytes = dict(scope["headers"]).get(b"host", b"")
    is_named = split_host(host.decode("latin-1"))[0] in LOOPBACK_NAMES
    return is_named and is_loopback_address(address)
