"""Clients that want each thing exactly once, whatever becomes of the replies."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from benchmark.chaos.orders import draw_amend, draw_order
from benchmark.chaos.told import Change, Told
from benchmark.shared.http_connection import HttpConnection, Response

_ANSWER_SECONDS = 4.0
_OK, _CREATED, _UNKNOWN, _NOT_FOUND, _TOO_MANY = 200, 201, 202, 404, 429
_OUR_FAULT = _FIRST_SERVER_ERROR = 500
_REPEAT_CHANCE = 0.03
_MAX_UNKNOWN = 40
"""So many answers `unknown` to one change mean to its client that it is forgotten."""
_RECENT = 12
"""A client amends and cancels so many of its latest orders."""
_MAX_BATCH = 6
_MAX_TIMER_SECONDS = 4
_TIMED_CLIENTS = 4
"""One client in so many leaves a timer behind that cancels its orders."""


class Client:
    """A trader with an account of its own, who does something every `pause` seconds."""

    def __init__(
        self, number: int, port: int, generator: random.Random, pause: float, told: Told
    ) -> None:
        self._number = number
        self._account = f"trader-{number}"
        self._port = port
        self._generator = generator
        self._pause = pause
        self._told = told
        self._connection: HttpConnection | None = None
        self._orders: dict[str, str] = {}
        self._count = 0
        self._deadline_seconds = 0.0
        self.is_stopping = False

    async def run(self, deadline_seconds: float) -> None:
        """Trade until told to stop; then `deadline_seconds` are left to settle what is open."""
        self._deadline_seconds = deadline_seconds
        acts = {
            self._place: 60, self._cancel: 12, self._amend: 16, self._place_batch: 4,
            self._cancel_all: 1, self._arm: 1,
        }  # fmt: skip
        while not self.is_stopping:
            await asyncio.sleep(self._generator.expovariate(1 / self._pause))
            [act] = self._generator.choices(list(acts), list(acts.values()))
            await act()
        if self._number % _TIMED_CLIENTS == 0:
            orders = set(self._orders)
            if await self._change("POST", "/v1/cancel-after", "cancel_after", {"seconds": 1}):
                self._told.closed |= orders
        self._hang_up()

    # what a client does

    async def _place(self) -> None:
        order = draw_order(self._generator, self._name_next())
        mode = self._generator.choice(["ack", "ack", "result"])
        body = json.dumps(order).encode()
        await self._settle(lambda: self._post(body, mode, order["symbol"]))
        if self._generator.random() < _REPEAT_CHANCE:
            await self._post(body, mode, order["symbol"])

    async def _place_batch(self) -> None:
        count = self._generator.randint(2, _MAX_BATCH)
        orders = [draw_order(self._generator, self._name_next()) for _ in range(count)]
        await self._settle(lambda: self._post_batch(orders))

    async def _cancel(self) -> None:
        if not self._orders:
            return
        order_id = self._choose_order()
        if await self._change("DELETE", f"/v1/orders/{order_id}", "cancel", order_id=order_id):
            self._told.closed.add(order_id)

    async def _amend(self) -> None:
        if not self._orders:
            return
        order_id = self._choose_order()
        body = draw_amend(self._generator, self._orders[order_id])
        answer = await self._change("PATCH", f"/v1/orders/{order_id}", "amend", body, order_id)
        if answer and answer["status"] != "accepted":
            self._told.amended.add((order_id, answer["timestamp"]))

    async def _cancel_all(self) -> None:
        symbol = self._generator.choice([None, "BTC-USDT", "ETH-USDT"])
        orders = {name for name, its in self._orders.items() if symbol in (None, its)}
        path = f"/v1/orders?symbol={symbol}" if symbol else "/v1/orders"
        if await self._change("DELETE", path, "cancel_all"):
            self._told.closed |= orders

    async def _arm(self) -> None:
        seconds = self._generator.randint(0, _MAX_TIMER_SECONDS)
        await self._change("POST", "/v1/cancel-after", "cancel_after", {"seconds": seconds})

    # how it does it

    async def _post(self, body: bytes, mode: str, symbol: str) -> bool:
        response = await self._request("POST", f"/v1/orders?response={mode}", body)
        if response is None:
            return False
        is_accepted = self._note_order(response.status, json.loads(response.body), symbol)
        if is_accepted and mode == "ack":
            self._told.moments.append(time.monotonic())
        return is_accepted

    async def _post_batch(self, orders: list[dict[str, Any]]) -> bool:
        body = json.dumps({"orders": orders}).encode()
        response = await self._request("POST", "/v1/orders/batch", body)
        if response is None or response.status != _OK:
            return False
        results = json.loads(response.body)["results"]
        accepted = [
            self._note_order(result["status"], result.get("order"), order["symbol"])
            for result, order in zip(results, orders, strict=True)
        ]
        return all(accepted)

    def _note_order(self, status: int, answer: dict[str, Any] | None, symbol: str) -> bool:
        """Note the answer to an order; return whether the order is accepted."""
        if answer is None or status not in (_OK, _CREATED):
            return False
        self._orders[answer["order_id"]] = symbol
        self._told.order_ids.add(answer["order_id"])
        return True

    async def _change(
        self,
        method: str,
        path: str,
        command: str,
        body: dict[str, Any] | None = None,
        order_id: str | None = None,
    ) -> dict[str, Any] | None:
        """Ask under one key until there is an answer; None if it was refused."""
        change = Change(command, self._account, order_id)
        wish = _Wish(method, path, json.dumps(body).encode() if body else b"", self._name_next())
        if self._generator.random() < 0.5 and "?" not in path:
            wish.path += "?response=ack"
        self._told.asked[change] += 1
        await self._settle(lambda: self._ask(wish))
        if wish.is_disowned and order_id is not None:
            self._told.disowned.add(order_id)
        if wish.answer is not None:
            self._told.acknowledged[change] += 1
        return wish.answer

    async def _ask(self, wish: "_Wish") -> bool:
        """Ask once; return whether there is an answer that will not change any more."""
        response = await self._request(wish.method, wish.path, wish.body, wish.key)
        if response is None or response.status == _TOO_MANY:
            return False
        if response.status >= _FIRST_SERVER_ERROR:
            return False
        answer = json.loads(response.body)
        if response.status == _UNKNOWN and answer["status"] == "unknown":
            wish.unknown += 1
            self._told.forgotten += wish.unknown == _MAX_UNKNOWN
            return wish.unknown == _MAX_UNKNOWN
        wish.is_disowned = response.status == _NOT_FOUND
        wish.answer = answer if response.status in (_OK, _UNKNOWN) else None
        return True

    async def _settle(self, attempt: Callable[[], Awaitable[bool]]) -> None:
        """Try again until it is settled, or the deadline has passed."""
        deadline = None
        while not await attempt():
            if self.is_stopping and deadline is None:
                deadline = time.monotonic() + self._deadline_seconds
            if deadline is not None and time.monotonic() > deadline:
                self._told.unsettled += 1
                return
            await asyncio.sleep(self._generator.uniform(0.05, 0.5))

    async def _request(
        self, method: str, path: str, body: bytes = b"", key: str | None = None
    ) -> Response | None:
        """Return the answer; None if none came, and nobody knows what became of the request.

        A request with a key has a connection of its own: the key is one of its headers.
        """
        response = None
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                response = await self._send(method, path, body, key)
        if response is None:
            self._hang_up()
        self._told.statuses[str(response.status) if response else "no answer"] += 1
        if response is not None and response.status == _OUR_FAULT:
            self._told.faults.append(f"{method} {path}: {response.body.decode()}")
        if response is None or response.status >= _FIRST_SERVER_ERROR:
            self._told.failures.append(time.monotonic())
        return response

    async def _send(self, method: str, path: str, body: bytes, key: str | None) -> Response:
        headers = {"X-Account": self._account}
        if key is not None:
            headers["Idempotency-Key"] = key
            connection = await HttpConnection.open("127.0.0.1", self._port, headers)
            try:
                return await connection.request(method, path, body)
            finally:
                connection.close()
        if self._connection is None:
            self._connection = await HttpConnection.open("127.0.0.1", self._port, headers)
        return await self._connection.request(method, path, body)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _choose_order(self) -> str:
        return self._generator.choice(list(self._orders)[-_RECENT:])

    def _name_next(self) -> str:
        self._count += 1
        return f"{self._account}:{self._count}"


class _Wish:
    """A change that is asked for, perhaps several times, and its answer."""

    def __init__(self, method: str, path: str, body: bytes, key: str) -> None:
        self.method = method
        self.path = path
        self.body = body
        self.key = key
        self.unknown = 0
        self.is_disowned = False
        self.answer: dict[str, Any] | None = None
        """None if there is none yet, or if it was refused."""
