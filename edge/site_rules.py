"""Which pages in a browser may send orders.

A browser lets any page send requests to this machine. The page that the market-data service serves
may trade. Another page may not, neither under its own origin (`Origin`) nor under a host name of
its own that resolves to this machine (`Host`).
"""

from collections.abc import Iterable, Mapping

from edge.fetch_metadata import is_foreign
from edge.shorten import shorten
from protocol.enums import Reason
from protocol.hosts import LOOPBACK_NAMES, is_address, split_host
from protocol.refusal import Refusal

_MAX_REMEMBERED = 256
_ANYBODYS_ORIGIN = "null"
"""Of a file on disk, and of any site's sandboxed frame: it may read the feed, but never trade."""
_MAX_AGE_SECONDS = b"600"
_ALLOWED_METHODS = b"GET, HEAD, POST, PATCH, DELETE"
_ALLOWED_HEADERS = (
    b"Content-Type, Prefer, Idempotency-Key, X-Account, X-API-Key, X-Timestamp, X-Signature,"
    b" X-Request-Id"
)
_EXPOSED_HEADERS = (
    b"X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, Idempotency-Replayed,"
    b" Preference-Applied, Server-Timing"
)


class SiteRules:
    """Checks hosts and origins.

    `hosts` are the service's names besides addresses and localhost. A page may come from `origins`,
    from the service itself, or from the same host at `page_port`. `checks_host` is false if another
    page could do no harm anyway, because requests need a key.
    """

    def __init__(
        self, hosts: Iterable[str], origins: Iterable[str], page_port: int, *, checks_host: bool
    ) -> None:
        self._hosts = {host.lower() for host in hosts}
        self._origins = {origin.lower().rstrip("/") for origin in origins} - {_ANYBODYS_ORIGIN}
        self._page_port = page_port
        self._checks_host = checks_host
        self._known_hosts: set[bytes] = set()

    def check(self, method: str, headers: Mapping[bytes, bytes]) -> list[tuple[bytes, bytes]]:
        """Raise Refusal if the host or the origin is not allowed; else return the CORS headers."""
        host = headers.get(b"host", b"")
        if host not in self._known_hosts:
            self._check_host(host)
        origin = headers.get(b"origin")
        if origin is None:
            if is_foreign(method, headers):
                raise _refuse_origin("another site")
            return []
        self._check_origin(origin.decode("latin-1"), host.decode("latin-1"))
        return [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", _EXPOSED_HEADERS),
            (b"vary", b"Origin"),
        ]

    @staticmethod
    def describe_preflight() -> list[tuple[bytes, bytes]]:
        """Return the headers that tell a page which passed `check` what it may send."""
        return [
            (b"access-control-allow-methods", _ALLOWED_METHODS),
            (b"access-control-allow-headers", _ALLOWED_HEADERS),
            (b"access-control-max-age", _MAX_AGE_SECONDS),
        ]

    def _check_host(self, host: bytes) -> None:
        name = split_host(host.decode("latin-1"))[0]
        if self._checks_host and not (name in self._hosts or is_address(name)):
            raise Refusal(
                Reason.HOST_NOT_ALLOWED,
                "Host",
                f"the service does not go by the name {shorten(name)!r}: use an address or"
                " localhost, or add it to ALLOWED_HOSTS",
            )
        if len(self._known_hosts) < _MAX_REMEMBERED:
            self._known_hosts.add(host)

    def _check_origin(self, origin: str, host: str) -> None:
        if origin.lower() in self._origins or self._is_ours(origin, host):
            return
        raise _refuse_origin(repr(shorten(origin)))

    def _is_ours(self, origin: str, host: str) -> bool:
        scheme, _, rest = origin.partition("://")
        if scheme not in {"http", "https"}:
            return False
        page_name, page_port = split_host(rest)
        own_name, own_port = split_host(host)
        is_same_machine = page_name == own_name or {page_name, own_name} <= LOOPBACK_NAMES
        return is_same_machine and page_port in {own_port, self._page_port}


def _refuse_origin(whose: str) -> Refusal:
    detail = f"pages from {whose} may not use the service, see ALLOWED_ORIGINS"
    return Refusal(Reason.ORIGIN_NOT_ALLOWED, "Origin", detail)
