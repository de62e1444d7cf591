"""Clients that want each of their orders exactly once, whatever becomes of the replies."""

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from benchmark.http_connection import HttpConnection, Response

_ANSWER_SECONDS = 4.0
_CREATED, _REPLAYED, _UNKNOWN = 201, 200, 202
_MIDDLE, _SPREAD = 60_000, 25
_REPEAT_CHANCE = 0.03
_CANCEL_CHANCE = 0.15


@dataclass
class Accepted:
    """What the clients were told."""

    order_ids: set[str] = field(default_factory=set)
    """Orders that somebody got 201 for."""
    statuses: Counter[str] = field(default_factory=Counter)
    unsettled: int = 0
    """Orders that were given up without a 201."""


class Client:
    """One trader with one connection, posting an order every `pause` seconds on average."""

    def __init__(
        self, number: int, port: int, generator: random.Random, pause: float, accepted: Accepted
    ) -> None:
        self._name = f"trader-{number}"
        self._port = port
        self._generator = generator
        self._pause = pause
        self._accepted = accepted
        self._connection: HttpConnection | None = None
        self._last_id: str | None = None
        self.is_stopping = False

    async def run(self, deadline_seconds: float) -> None:
        """Trade until told to stop; then `deadline_seconds` are left to settle the last order."""
        number = 0
        while not self.is_stopping:
            await asyncio.sleep(self._generator.expovariate(1 / self._pause))
            number += 1
            if self._last_id and self._generator.random() < _CANCEL_CHANCE:
                await self._request("DELETE", f"/v1/orders/{self._last_id}?response=ack")
            await self._place(self._draw_order(number), deadline_seconds)
        if self._connection is not None:
            self._connection.close()

    async def _place(self, body: bytes, deadline_seconds: float) -> None:
        """Post an order until it is accepted, always under the same client_order_id."""
        mode = self._generator.choice(["ack", "ack", "result"])
        deadline = None
        while not await self._post(body, mode):
            if self.is_stopping and deadline is None:
                deadline = time.monotonic() + deadline_seconds
            if deadline is not None and time.monotonic() > deadline:
                self._accepted.unsettled += 1
                return
            await asyncio.sleep(self._generator.uniform(0.05, 0.5))
        if self._generator.random() < _REPEAT_CHANCE:
            await self._post(body, mode)

    async def _post(self, body: bytes, mode: str) -> bool:
        response = await self._request("POST", f"/v1/orders?response={mode}", body)
        if response is None or response.status not in (_CREATED, _REPLAYED):
            return False
        self._last_id = json.loads(response.body)["order_id"]
        self._accepted.order_ids.add(self._last_id)
        return True

    async def _request(self, method: str, path: str, body: bytes = b"") -> Response | None:
        """The answer; None where there is none, and nobody knows what became of the request."""
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                if self._connection is None:
                    self._connection = await HttpConnection.open("127.0.0.1", self._port)
                response = await self._connection.request(method, path, body)
        except (OSError, TimeoutError):
            if self._connection is not None:
                self._connection.close()
            self._connection = None
            self._accepted.statuses["no answer"] += 1
            return None
        self._accepted.statuses[str(response.status)] += 1
        return response

    def _draw_order(self, number: int) -> bytes:
        generator = self._generator
        order = {
            "side": generator.choice(["buy", "sell"]),
            "order_type": generator.choice(["limit"] * 7 + ["ioc", "post_only", "market"]),
            "quantity": f"0.{generator.randint(1, 99):02d}",
            "client_order_id": f"{self._name}:{number}",
        }
        if order["order_type"] != "market":
            order["price"] = str(_MIDDLE + generator.randint(-_SPREAD, _SPREAD))
        return json.dumps(order).encode()
