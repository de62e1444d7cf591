"""WebSocket connections: who may open one, and what serves it."""

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from binance_gateway.limits.limits import Limits
from binance_gateway.metrics import Metrics
from binance_gateway.streams.address import is_stream_path, read_address
from binance_gateway.streams.connection import WS_API_PATH
from binance_gateway.streams.host import StreamHost
from binance_gateway.words import errors
from binance_gateway.words.errors import BinanceError
from binance_gateway.ws_api.transport import WsApi
from edge.site_rules import SiteRules
from protocol.codec import encode
from protocol.problem import PROBLEM_MEDIA_TYPE, describe_problem
from protocol.refusal import Refusal
from protocol.timestamps import now_in_microseconds


class Sockets:
    """Admits connections by site, address and path."""

    def __init__(
        self,
        rules: SiteRules,
        limits: Limits,
        metrics: Metrics,
        streams: StreamHost,
        ws_api: WsApi,
    ) -> None:
        self._rules = rules
        self._limits = limits
        self._metrics = metrics
        self._streams = streams
        self._ws_api = ws_api

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection, or refuse its handshake."""
        websocket = WebSocket(scope, receive, send)
        try:
            self._rules.check("GET", dict(scope["headers"]))
            await self._serve(websocket)
        except Refusal as refusal:
            problem = describe_problem(refusal.code, refusal.detail, refusal.field)
            await _deny(websocket, problem["status"], problem, PROBLEM_MEDIA_TYPE)
        except BinanceError as error:
            await _deny(websocket, error.status, error.describe(), "application/json")

    async def _serve(self, websocket: WebSocket) -> None:
        now = now_in_microseconds()
        host = websocket.client.host if websocket.client else ""
        path = websocket.scope["path"]
        is_api = path == WS_API_PATH
        if not is_api and not is_stream_path(path):
            raise errors.NO_SUCH_PATH()
        self._limits.admit_connection(host, now)
        kind = "ws_api" if is_api else "streams"
        self._metrics.count_connection(kind, 1)
        try:
            if is_api:
                await self._ws_api.serve(websocket)
            else:
                query = websocket.scope["query_string"].decode("latin-1")
                await self._streams.serve(websocket, read_address(path, query))
        finally:
            self._metrics.count_connection(kind, -1)


async def _deny(websocket: WebSocket, status: int, body: object, media_type: str) -> None:
    await websocket.send_denial_response(Response(encode(body), status, media_type=media_type))
