"""A typed asyncio client of the gateway.

    async with GatewayClient("http://localhost:8000", account="alice") as gateway:
        order = await gateway.submit_order("BTC-USDT", "buy", "1.0", price="60000")
        print(order.order_id, order.status, order.filled_quantity)
        await gateway.amend_order(order.order_id, price="60001")
        await gateway.cancel_after(30)             # unless renewed within 30 seconds
        async for update in gateway.stream_orders():
            print(update.number, update.type)      # the snapshot, then every report
            break
        done = await gateway.cancel_orders("BTC-USDT")
        print(done.canceled, "canceled")

If the engine does not answer in time, an answer's `is_pending` is true.
With authentication on: `GatewayClient(url, key="…")`, or `key="…", secret="…"` for signed requests.
An answer that is an error raises GatewayError, whose `code` says what was wrong.
"""

import time
import uuid
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode

import httpx
import msgspec
from websockets.exceptions import ConnectionClosedOK, InvalidURI

from goquant.client.answers import (
    BatchItem,
    CanceledOrders,
    FillPage,
    GatewayError,
    InstrumentState,
    OrderPage,
    OrderState,
    SwitchState,
    TimerState,
    Update,
)
from goquant.client.book import Json
from goquant.client.connection import StreamConnection
from protocol.headers import (
    ACCOUNT_HEADER,
    IDEMPOTENCY_HEADER,
    KEY_HEADER,
    PREFER_HEADER,
    RETRY_AFTER_HEADER,
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
)
from protocol.hosts import is_loopback
from protocol.signing import sign

Answer = TypeVar("Answer")

_MAX_ATTEMPTS = 3
_FIRST_ERROR = 400
_BY_CLIENT_ID = "/v1/orders/by-client-id"


class _BatchResults(msgspec.Struct):
    results: list[BatchItem]


class _Instruments(msgspec.Struct):
    instruments: list[InstrumentState]


class GatewayClient:
    """One account at one gateway. Use as an asynchronous context.

    A request whose connection breaks is sent again, three times in all; then httpx.TransportError
    is raised. That is safe: an order has a client_order_id, another change an Idempotency-Key. An
    answer waits for the engine for `wait` seconds (at most 30), or as long as the gateway chooses.
    """

    def __init__(
        self,
        url: str,
        *,
        account: str | None = None,
        key: str | None = None,
        secret: str | None = None,
        timeout: float = 35.0,
        wait: int | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        prefer = None if wait is None else f"wait={wait}"
        self._headers = {ACCOUNT_HEADER: account, KEY_HEADER: key, PREFER_HEADER: prefer}
        self._secret = secret
        self._http = httpx.AsyncClient(
            base_url=self._url,
            timeout=timeout,
            transport=transport,
            trust_env=not is_loopback(self._url),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def submit_order(
        self,
        symbol: str,
        side: str,
        quantity: str,
        *,
        price: str | None = None,
        order_type: str | None = None,
        stop_price: str | None = None,
        client_order_id: str | None = None,
        self_trade_prevention: str | None = None,
        response: str = "result",
    ) -> OrderState:
        """Send a new order: without `order_type` a limit order if it has a price, else market."""
        order = {
            "symbol": symbol,
            "side": side,
            "quantity": quantity,
            "order_type": order_type or ("limit" if price else "market"),
            "price": price,
            "stop_price": stop_price,
            "client_order_id": client_order_id or uuid.uuid4().hex,
            "self_trade_prevention": self_trade_prevention,
        }
        query = {"response": response}
        return await self._ask(OrderState, "POST", "/v1/orders", query, _drop_nothing(order))

    async def submit_orders(
        self, orders: Sequence[Mapping[str, Any]], *, response: str = "ack"
    ) -> list[BatchItem]:
        """Send up to 500 new orders at once, as JSON has them; return a result for each."""
        named = [{"client_order_id": uuid.uuid4().hex, **order} for order in orders]
        query, body = {"response": response}, {"orders": named}
        return (await self._ask(_BatchResults, "POST", "/v1/orders/batch", query, body)).results

    async def cancel_order(self, order_id: str) -> OrderState:
        """Cancel an order, and return it as it is then."""
        return await self._ask(OrderState, "DELETE", f"/v1/orders/{_quote(order_id)}")

    async def cancel_order_by_client_id(self, client_order_id: str) -> OrderState:
        """Cancel an order, which may still be on its way into the book."""
        return await self._ask(OrderState, "DELETE", f"{_BY_CLIENT_ID}/{_quote(client_order_id)}")

    async def cancel_orders(self, symbol: str | None = None) -> CanceledOrders:
        """Cancel all open orders of the account, or those of one instrument."""
        return await self._ask(CanceledOrders, "DELETE", "/v1/orders", {"symbol": symbol})

    async def amend_order(
        self,
        order_id: str,
        *,
        price: str | None = None,
        quantity: str | None = None,
        stop_price: str | None = None,
    ) -> OrderState:
        """Change an order, and return it as it is then; `quantity` is the new total."""
        path = f"/v1/orders/{_quote(order_id)}"
        return await self._amend(path, price=price, quantity=quantity, stop_price=stop_price)

    async def amend_order_by_client_id(
        self,
        client_order_id: str,
        *,
        price: str | None = None,
        quantity: str | None = None,
        stop_price: str | None = None,
    ) -> OrderState:
        """Change an order, and return it as it is then; `quantity` is the new total."""
        path = f"{_BY_CLIENT_ID}/{_quote(client_order_id)}"
        return await self._amend(path, price=price, quantity=quantity, stop_price=stop_price)

    async def cancel_after(self, seconds: int) -> TimerState:
        """Have the account's orders canceled in `seconds` unless called again; 0 disarms."""
        body = {"seconds": seconds}
        return await self._ask(TimerState, "POST", "/v1/cancel-after", {}, body)

    async def read_order(self, order_id: str) -> OrderState:
        """Return the latest state of an order."""
        return await self._ask(OrderState, "GET", f"/v1/orders/{_quote(order_id)}")

    async def read_order_by_client_id(self, client_order_id: str) -> OrderState:
        """Return the latest state of an order."""
        return await self._ask(OrderState, "GET", f"{_BY_CLIENT_ID}/{_quote(client_order_id)}")

    async def list_orders(self, **query: str | int | None) -> OrderPage:
        """Return a page of orders; `symbol`, `status`, `start`, `end`, `limit`, `after`."""
        return await self._ask(OrderPage, "GET", "/v1/orders", query)

    async def list_fills(self, **query: str | int | None) -> FillPage:
        """Return a page of fills; `symbol`, `order_id`, `start`, `end`, `limit`, `after`."""
        return await self._ask(FillPage, "GET", "/v1/fills", query)

    async def list_instruments(self) -> list[InstrumentState]:
        """Return what is traded."""
        return (await self._ask(_Instruments, "GET", "/v1/instruments")).instruments

    async def halt_instrument(self, symbol: str) -> SwitchState:
        """Stop trading: orders can only be canceled from now on. Needs the scope `admin`."""
        return await self._ask(SwitchState, "POST", f"/v1/instruments/{_quote(symbol)}/halt")

    async def resume_instrument(self, symbol: str) -> SwitchState:
        """Trade again. Needs the scope `admin`."""
        return await self._ask(SwitchState, "POST", f"/v1/instruments/{_quote(symbol)}/resume")

    async def stream_orders(self) -> AsyncGenerator[Update]:
        """Give the account's open orders, then every report, on one connection.

        Ends if the gateway closes it in order. Raises ConnectionClosed if it breaks, and what
        `open_stream` does. An `OrderReader` connects again instead.
        """
        async with await self.open_stream() as connection:
            with suppress(ConnectionClosedOK):
                while True:
                    yield msgspec.convert(await connection.receive(), Update)

    async def open_stream(self) -> StreamConnection:
        """Open the private stream; each message is that of an `Update`.

        Raises GatewayError if the gateway refuses, ValueError for a bad URL, and OSError or
        WebSocketException for a trouble that may pass.
        """
        path = "/ws/orders"
        url = f"{self._url}{path}".replace("http", "ws", 1)
        try:
            return await StreamConnection.open(
                url, self._refuse_stream, self._sign("GET", path, b"")
            )
        except InvalidURI as error:
            raise ValueError(f"{url}: the gateway's URL begins with http:// or https://") from error

    def _refuse_stream(self, status: int, problem: Json) -> GatewayError:
        if status:  # an answer without a code: say whose it is
            problem = {"detail": f"{self._url}: {problem['detail']}"}
        return GatewayError(status, problem)

    async def _amend(self, path: str, **changes: str | None) -> OrderState:
        return await self._ask(OrderState, "PATCH", path, {}, _drop_nothing(changes))

    async def _ask(
        self,
        kind: type[Answer],
        method: str,
        path: str,
        query: Mapping[str, str | int | None] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        parameters = urlencode(_drop_nothing(query or {}))
        target = f"{path}?{parameters}" if parameters else path
        content = b"" if body is None else msgspec.json.encode(body)
        repeatable = {} if method == "GET" else {IDEMPOTENCY_HEADER: uuid.uuid4().hex}
        response = await self._send(method, target, content, repeatable)
        if response.status_code >= _FIRST_ERROR:
            retry_after = response.headers.get(RETRY_AFTER_HEADER)
            raise GatewayError(response.status_code, _read_problem(response), retry_after)
        return msgspec.json.decode(response.content, type=kind)

    async def _send(
        self, method: str, target: str, content: bytes, repeatable: Mapping[str, str]
    ) -> httpx.Response:
        for attempt in range(1, _MAX_ATTEMPTS + 1):
            headers = {**repeatable, **self._sign(method, target, content)}
            if content:
                headers["Content-Type"] = "application/json"
            try:
                return await self._http.request(method, target, content=content, headers=headers)
            except httpx.TransportError:
                if attempt == _MAX_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _sign(self, method: str, target: str, content: bytes) -> dict[str, str]:
        headers = _drop_nothing(self._headers)
        if self._secret is not None:
            timestamp = str(time.time_ns() // 1_000_000)
            headers[TIMESTAMP_HEADER] = timestamp
            headers[SIGNATURE_HEADER] = sign(self._secret, timestamp, method, target, content)
        return headers


def _read_problem(response: httpx.Response) -> Mapping[str, Any]:
    """Return the problem document, or one for the answer of a proxy, which has none."""
    with suppress(ValueError):
        problem = response.json()
        if isinstance(problem, dict):
            return problem
    return {"detail": f"HTTP {response.status_code}: {response.text[:200]}"}


def _quote(name: str) -> str:
    """Quote a part of a path, its dots too: a name of dots alone would lead to another path."""
    return quote(name, safe="").replace(".", "%2E")


def _drop_nothing(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
