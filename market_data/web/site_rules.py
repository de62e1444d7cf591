"""Which pages in a browser may read the feed.

The page that we serve may. For another site's page the WebSocket is closed, and the browser does
not show it the answers to its requests; those without Origin are refused. A file opened from disk
has the origin `null`, as a sandboxed frame of any site has: it may read only if the user says so.
Programs send no Origin and need none. A request whose Host is not a name of ours is refused: the
page of a stranger who has pointed their own name at this machine would have our origin.
"""

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.fetch_metadata import is_foreign
from market_data.web.problems import ProblemRaised
from protocol.enums import Reason
from protocol.hosts import LOOPBACK_NAMES, is_address, split_host

_POLICY_VIOLATION = 1008
_FOREIGN = ProblemRaised(
    Reason.ORIGIN_NOT_ALLOWED, "pages from another site may not use the feed", "Origin"
)


class SiteRules:
    """ASGI middleware.

    `origins` are allowed besides our own; `hosts` are names of the feed besides addresses and
    localhost.
    """

    def __init__(
        self, app: ASGIApp, origins: Iterable[str] = (), hosts: Iterable[str] = ()
    ) -> None:
        self._app = app
        self._origins = {origin.lower().rstrip("/") for origin in origins}
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it because of its Host or Origin."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        name = split_host(Headers(scope=scope).get("host", ""))[0]
        if not (name in self._hosts or is_address(name)):
            await _describe_stranger(name).to_response()(scope, receive, send)
            return
        await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin")
        if origin is None:
            await self._serve_without_origin(scope, receive, send)
        elif scope["type"] == "websocket" and not self._is_allowed(origin, scope):
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await self._app(scope, receive, self._mark(origin, scope, send))

    async def _serve_without_origin(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_foreign(scope.get("method", "GET"), dict(scope["headers"])):
            await _FOREIGN.to_response()(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_allowed(self, origin: str, scope: Scope) -> bool:
        host = Headers(scope=scope).get("host", "")
        return origin.lower() in self._origins or _is_same_place(origin, host)

    def _mark(self, origin: str, scope: Scope, send: Send) -> Send:
        """Return a `send` that tells the browser whether the page may read the answer."""
        is_allowed = self._is_allowed(origin, scope)

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if is_allowed:
                    headers["Access-Control-Allow-Origin"] = origin
            await send(message)

        return send_marked


def _describe_stranger(name: str) -> ProblemRaised:
    detail = (
        f"the feed does not go by the name {name[:40]!r}: use an address or localhost, or add it to"
        " ALLOWED_HOSTS"
    )
    return ProblemRaised(Reason.HOST_NOT_ALLOWED, detail, "Host")


def _is_same_place(origin: str, host: str) -> bool:
    page, own = split_host(origin.partition("://")[2]), split_host(host)
    names = {page[0], own[0]}
    return page[1] == own[1] and (len(names) == 1 or names <= LOOPBACK_NAMES)
