"""Clients of the Binance gateway, which has no keys for repeats: they wait for final answers.

What may have been queued is asked for by its name, once the engine would not take it any more.
"""

import asyncio
import hashlib
import hmac
import json
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urlencode

from benchmark.chaos.orders import draw_binance_order
from benchmark.chaos.told import Told
from benchmark.shared.http_connection import HttpConnection, Response
from protocol.commands import VALID_MICROSECONDS

_ANSWER_SECONDS = 12.0
_FINAL_SECONDS = VALID_MICROSECONDS / 1_000_000 + 1
"""So long after a request the engine refuses what it then meets of it."""
_OK, _REFUSED, _UNAVAILABLE = 200, 400, 503
_FAULT, _NO_SUCH_ORDER = -1000, -2013
_DUPLICATE = "Duplicate order sent."
_RECENT = 12


class _Answer(NamedTuple):
    """Status and body; status 0: none came."""

    status: int
    body: Mapping[str, Any]


class BinanceClient:
    """A trader with an account of its own, who does something every `pause` seconds."""

    def __init__(
        self, number: int, port: int, generator: random.Random, pause: float, told: Told
    ) -> None:
        self._account = f"binance-{number}"
        self._port = port
        self._generator = generator
        self._pause = pause
        self._told = told
        self._connection: HttpConnection | None = None
        self._orders: list[tuple[int, str]] = []
        self._count = 0
        self._give_up_at: float | None = None
        self.is_stopping = False

    async def run(self, deadline_seconds: float) -> None:
        """Trade until told to stop; then `deadline_seconds` are left to settle what is open."""
        while not self.is_stopping:
            await asyncio.sleep(self._generator.expovariate(1 / self._pause))
            act = self._generator.choices((self._place, self._cancel), (3, 1))[0]
            if not await self._settle(act, deadline_seconds):
                self._told.unsettled += 1
        self._hang_up()

    async def _settle(self, act: Any, seconds: float) -> bool:
        """Carry out an act; return whether it was settled in time, once there is an end to it."""
        task = asyncio.create_task(act())
        while not task.done():
            await asyncio.wait({task}, timeout=1.0)
            if self.is_stopping and self._give_up_at is None:
                self._give_up_at = time.monotonic() + seconds
            if self._give_up_at is not None and time.monotonic() > self._give_up_at:
                task.cancel()
                return False
        await task
        return True

    async def _place(self) -> None:
        self._count += 1
        name = f"b{self._count}"
        self._told.names.add((self._account, name))
        order = draw_binance_order(self._generator, name)
        while True:
            sent = time.monotonic()
            answer = await self._send("POST", "order", order)
            if answer.status == _OK:
                self._note(answer.body)
                return
            if answer.status == _REFUSED and answer.body["msg"] != _DUPLICATE:
                return
            if answer.status != _UNAVAILABLE:
                await asyncio.sleep(max(0.0, sent + _FINAL_SECONDS - time.monotonic()))
                if await self._find(order["symbol"], name):
                    return
            await self._breathe()

    async def _find(self, symbol: str, name: str) -> bool:
        """Return whether there is an order of the name, which is final by now."""
        while True:
            sent = {"symbol": symbol, "origClientOrderId": name}
            answer = await self._send("GET", "order", sent)
            if answer.status == _OK:
                self._note(answer.body)
                return True
            if answer.body.get("code") == _NO_SUCH_ORDER:
                return False
            await self._breathe()

    async def _cancel(self) -> None:
        if not self._orders:
            return
        number, symbol = self._generator.choice(self._orders[-_RECENT:])
        while True:
            answer = await self._send("DELETE", "order", {"symbol": symbol, "orderId": str(number)})
            if answer.status in (_OK, _REFUSED):
                self._told.closed_numbers.add(number)
                return
            await self._breathe()

    def _note(self, order: Mapping[str, Any]) -> None:
        self._told.numbers.add(order["orderId"])
        self._orders.append((order["orderId"], order["symbol"]))

    async def _breathe(self) -> None:
        await asyncio.sleep(self._generator.uniform(0.05, 0.5))

    async def _send(self, method: str, path: str, parameters: Mapping[str, str]) -> _Answer:
        """Return the answer to a signed request."""
        now = str(time.time_ns() // 1_000_000)
        payload = urlencode({**parameters, "timestamp": now, "recvWindow": "60000"})
        secret = self._account.encode()
        signature = hmac.new(secret, payload.encode(), hashlib.sha256).hexdigest()
        target = f"/api/v3/{path}?{payload}&signature={signature}"
        response: Response | None = None
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                response = await self._request(method, target)
        if response is None:
            self._hang_up()
            self._told.statuses["no answer"] += 1
            return _Answer(0, {})
        self._told.statuses[str(response.status)] += 1
        body = json.loads(response.body)
        if body.get("code") == _FAULT:
            self._told.faults.append(f"{method} /api/v3/{path}: {response.body.decode()}")
        return _Answer(response.status, body)

    async def _request(self, method: str, target: str) -> Response:
        if self._connection is None:
            headers = {"X-MBX-APIKEY": self._account}
            self._connection = await HttpConnection.open("127.0.0.1", self._port, headers)
        return await self._connection.request(method, target)

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
