"""Send requests to the gateway over a number of connections."""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Self
from urllib.parse import urlsplit

import msgspec

from benchmark.load.sending.requests import Request
from benchmark.load.sending.steps import CANCEL, NEW
from benchmark.load.watching.ledger import Ledger
from benchmark.shared.http_connection import HttpConnection, Response
from benchmark.shared.order_socket import OrderSocket

_CREATED, _OK, _ERROR = 201, 200, 300
_SHOWN = 160


class _Order(msgspec.Struct):
    order_id: str


class _Result(msgspec.Struct):
    status: int
    order: _Order | None = None
    problem: msgspec.Raw = msgspec.Raw(b"")


class _Results(msgspec.Struct):
    results: list[_Result]


_decode_order = msgspec.json.Decoder(_Order).decode
_decode_results = msgspec.json.Decoder(_Results).decode


class RestSender:
    """Sends orders by REST; one that finds all connections busy waits, and its latency counts.

    A change waits until its order has been accepted. On streams no connection is ever busy.
    """

    def __init__(self, ledger: Ledger, answered: Callable[[int], None]) -> None:
        self._ledger = ledger
        self._answered = answered
        self._all: list[HttpConnection | OrderSocket] = []
        self._free: deque[HttpConnection | OrderSocket] = deque()
        self._backlog: deque[Request] = deque()
        self._held: dict[int, list[Request]] = defaultdict(list)
        self._refused: set[int] = set()

    async def open(self, gateway: str, connections: int, headers: Mapping[str, str]) -> Self:
        """Connect; raises OSError if nobody listens."""
        address = urlsplit(gateway)
        host, port = address.hostname or "127.0.0.1", address.port or 80
        for _ in range(connections):
            self._all.append(await HttpConnection.open(host, port, headers))
        self._free.extend(self._all)
        return self

    async def open_streams(
        self, gateway: str, connections: int, headers: Mapping[str, str]
    ) -> Self:
        """Connect private streams; raises OSError if nobody listens, or if they are refused."""
        for _ in range(connections):
            self._all.append(await OrderSocket.open(gateway, headers))
        self._free.extend(self._all)
        return self

    async def close(self) -> None:
        """Hang up."""
        for connection in self._all:
            connection.close()

    def submit(self, request: Request) -> None:
        """Send it now, or as soon as it can be sent."""
        if request.target in self._refused:
            self._skip()
        elif request.target >= 0 and request.target not in self._ledger.order_ids:
            self._held[request.target].append(request)
        else:
            self._backlog.append(request)
            self._send_waiting()

    def _send_waiting(self) -> None:
        while self._backlog and self._free:
            connection = self._free.popleft()
            if connection.is_open:
                self._send(connection, self._backlog.popleft())
        if self._backlog and not any(connection.is_open for connection in self._all):
            while self._backlog:
                self._refuse(self._backlog.popleft(), "no connection is left")

    def _send(self, connection: HttpConnection | OrderSocket, request: Request) -> None:
        method, path = self._address(request)
        now = time.perf_counter()
        for number in request.numbers:
            self._ledger.sent[number] = now

        def note(response: Response | ConnectionError) -> None:
            self._note(request, response)
            if not isinstance(connection, OrderSocket):
                self._free.append(connection)
            self._send_waiting()

        if isinstance(connection, OrderSocket):
            self._free.append(connection)
        connection.send(method, path, request.body, note)

    def _address(self, request: Request) -> tuple[str, str]:
        if request.kind == NEW:
            return "POST", "/v1/orders" if len(request.numbers) == 1 else "/v1/orders/batch"
        path = f"/v1/orders/{self._ledger.order_ids[request.target]}?response=ack"
        return "DELETE" if request.kind == CANCEL else "PATCH", path

    def _note(self, request: Request, response: Response | ConnectionError) -> None:
        now = time.perf_counter()
        if isinstance(response, ConnectionError):
            self._refuse(request, str(response))
        elif request.kind == NEW and response.status == _CREATED:
            self._accept(request.numbers[0], _decode_order(response.body).order_id, now)
            self._answered(1)
        elif request.kind == NEW and response.status == _OK:
            self._note_batch(request, _decode_results(response.body).results, now)
        elif request.kind != NEW and response.status < _ERROR:
            order_id = self._ledger.order_ids[request.target]
            self._ledger.accept_change(request.numbers[0], order_id, now)
            self._answered(1)
        else:
            body = response.body[:_SHOWN].decode(errors="replace")
            self._refuse(request, f"{response.status} {body}")

    def _note_batch(self, request: Request, results: list[_Result], now: float) -> None:
        for number, result in zip(request.numbers, results, strict=True):
            if result.order is not None and result.status < _ERROR:
                self._accept(number, result.order.order_id, now)
            else:
                problem = bytes(result.problem)[:_SHOWN].decode(errors="replace")
                self._refuse_step(number, f"{result.status} {problem}")
        self._answered(len(request.numbers))

    def _accept(self, number: int, order_id: str, now: float) -> None:
        self._ledger.accept_order(number, order_id, now)
        for request in self._held.pop(number, ()):
            self.submit(request)

    def _refuse(self, request: Request, why: str) -> None:
        for number in request.numbers:
            self._refuse_step(number, why)
        self._answered(len(request.numbers))

    def _refuse_step(self, number: int, why: str) -> None:
        self._ledger.refuse(why)
        self._refused.add(number)
        for _ in self._held.pop(number, ()):
            self._skip()

    def _skip(self) -> None:
        self._ledger.skipped += 1
        self._answered(1)
