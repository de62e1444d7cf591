"""Which pages in a browser may read the feed.

The page that we serve may, and so may a file opened from disk, whose origin is `null`. To another
site's page the WebSocket is closed, and of the answers to its requests the browser shows it
nothing. Programs send no Origin, and are not asked for one.
"""

from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FROM_DISK = "null"
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_POLICY_VIOLATION = 1008


class SiteRules:
    """ASGI middleware. `origins` are allowed beside our own."""

    def __init__(self, app: ASGIApp, origins: Iterable[str] = ()) -> None:
        self._app = app
        self._origins = {_FROM_DISK, *(origin.lower().rstrip("/") for origin in origins)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request as its page deserves."""
        origin = Headers(scope=scope).get("origin") if scope["type"] != "lifespan" else None
        if origin is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket" and not self._is_allowed(origin, scope):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await self._app(scope, receive, self._mark(origin, scope, send))

    def _is_allowed(self, origin: str, scope: Scope) -> bool:
        host = Headers(scope=scope).get("host", "")
        return origin.lower() in self._origins or _is_same_place(origin, host)

    def _mark(self, origin: str, scope: Scope, send: Send) -> Send:
        """`send`, which tells the browser whether the page may read the answer."""
        is_allowed = self._is_allowed(origin, scope)

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if is_allowed:
                    headers["Access-Control-Allow-Origin"] = origin
            await send(message)

        return send_marked


def _is_same_place(origin: str, host: str) -> bool:
    page, own = _split(origin.partition("://")[2]), _split(host)
    names = {page[0], own[0]}
    return page[1] == own[1] and (len(names) == 1 or names <= _LOOPBACK_NAMES)


def _split(text: str) -> tuple[str, int | None]:
    with suppress(ValueError):  # a port that is none
        parts = urlsplit(f"//{text}")
        return parts.hostname or "", parts.port
    return text, None
