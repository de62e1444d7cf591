"""Connections that sign each order, by a name of its own: ours, and those of Binance's clients."""

import asyncio
import hmac
import json
import time
from collections.abc import Mapping
from hashlib import sha256
from itertools import count
from typing import Any, Self

from benchmark.gateway.process import HOST
from benchmark.shared.http_connection import Answered, HttpConnection, Response
from benchmark.shared.web_socket import WebSocketReader

KEY, SECRET = "benchmark-key-0123456789", "benchmark-secret-0123456789"
KEYS = json.dumps(
    [{"key": KEY, "secret": SECRET, "account": "a", "scopes": ["trade"], "rate_limit": 10**9}]
)
SETTINGS = {
    "API_KEYS": KEYS,
    **dict.fromkeys(
        (
            "BINANCE_REQUEST_WEIGHT", "BINANCE_RAW_REQUESTS", "BINANCE_ORDERS_10S",
            "BINANCE_ORDERS_DAY", "BINANCE_CONNECTIONS",
        ),
        "0",
    ),
}  # fmt: skip
"""Of the services that are asked: the key, and none of Binance's limits."""
_names = count(1)
_FORM = (
    "symbol=SOLUSDT&side={}&type=LIMIT&timeInForce=GTC&quantity=1.000&price=100.000"
    "&newClientOrderId=b{}&newOrderRespType=FULL&timestamp={}"
)


def _sign(payload: bytes) -> str:
    return hmac.digest(SECRET.encode(), payload, sha256).hex()


def _now() -> int:
    return time.time_ns() // 1_000_000


def _read_side(body: bytes) -> str:
    return "SELL" if b"sell" in body else "BUY"


class SignedConnection(HttpConnection):
    """Our own gateway's: the signature is in headers."""

    @classmethod
    async def connect(cls, port: int, headers: Mapping[str, str]) -> Self:
        """Connect."""
        loop = asyncio.get_running_loop()
        sent = {"Host": f"{HOST}:{port}", "Content-Type": "application/json", **headers}
        _, connection = await loop.create_connection(lambda: cls(sent), HOST, port)
        return connection

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__(headers)
        self._fixed = self._head

    def send(self, method: str, path: str, body: bytes, answered: Answered) -> None:
        """Send, under a name that no other order has."""
        body = b'{"client_order_id":"b%d",%b' % (next(_names), body[1:])
        moment = str(_now())
        proof = _sign(b"%b%b%b%b" % (moment.encode(), method.encode(), path.encode(), body))
        lines = f"X-API-Key: {KEY}\r\nX-Timestamp: {moment}\r\nX-Signature: {proof}\r\n"
        self._head = self._fixed + lines.encode()
        super().send(method, path, body, answered)


class BinanceConnection(HttpConnection):
    """Sends each order as a signed form."""

    @classmethod
    async def connect(cls, port: int, headers: Mapping[str, str]) -> Self:
        """Connect."""
        loop = asyncio.get_running_loop()
        sent = {"Host": f"{HOST}:{port}", "X-MBX-APIKEY": KEY, **headers}
        sent["Content-Type"] = "application/x-www-form-urlencoded"
        _, connection = await loop.create_connection(lambda: cls(sent), HOST, port)
        return connection

    def send(self, method: str, _path: str, body: bytes, answered: Answered) -> None:
        """Send the order of `body`, of which only the side counts."""
        form = _FORM.format(_read_side(body), next(_names), _now()).encode()
        signed = b"%b&signature=%b" % (form, _sign(form).encode())
        super().send(method, "/api/v3/order", signed, answered)


class BinanceSocket:
    """Sends orders as signed frames of the WebSocket API, any number of them under way."""

    def __init__(self) -> None:
        self._stream: WebSocketReader | None = None
        self._under_way: dict[int, asyncio.Future[Response]] = {}

    @classmethod
    async def connect(cls, port: int, headers: Mapping[str, str]) -> Self:
        """Connect."""
        opened = cls()
        url = f"ws://{HOST}:{port}/ws-api/v3"
        opened._stream = await WebSocketReader.open(url, headers, opened._take, opened._give_up)
        return opened

    @property
    def is_open(self) -> bool:
        """Whether a request can be sent."""
        return self._stream is not None and not self._stream.is_closed

    async def request(self, _method: str, _path: str, body: bytes = b"") -> Response:
        """Send the order of `body`, of which only the side counts."""
        assert self._stream is not None
        name, moment = next(_names), _now()
        parameters: dict[str, Any] = {
            "apiKey": KEY, "newClientOrderId": f"b{name}", "newOrderRespType": "FULL",
            "price": "100.000", "quantity": "1.000", "side": _read_side(body), "symbol": "SOLUSDT",
            "timeInForce": "GTC", "timestamp": moment, "type": "LIMIT",
        }  # fmt: skip
        payload = "&".join(f"{key}={value}" for key, value in parameters.items())
        parameters["signature"] = _sign(payload.encode())
        frame = {"id": name, "method": "order.place", "params": parameters}
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._under_way[name] = answered
        self._stream.send(json.dumps(frame).encode())
        return await answered

    def close(self) -> None:
        """Hang up."""
        if self._stream is not None:
            self._stream.close()

    def _take(self, text: bytes, _now: float) -> None:
        answer = json.loads(text)
        self._under_way.pop(answer["id"]).set_result(Response(answer["status"], text))

    def _give_up(self) -> None:
        while self._under_way:
            self._under_way.popitem()[1].set_exception(ConnectionError("the connection has ended"))
