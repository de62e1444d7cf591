"""Push entries straight onto the list, as the gateway does: all that are due in one push."""

import asyncio
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Self, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from benchmark.load.sending.requests import Request
from benchmark.load.sending.steps import NEW, Step
from benchmark.load.watching.ledger import Ledger
from protocol import channels
from protocol.commands import derive_order_id
from tests.support.redis_client import open_async_redis

MAX_IN_A_PUSH = 2_000


class ListSender:
    """Pushes entries; those that are due while a push is under way go with the next one."""

    def __init__(
        self,
        ledger: Ledger,
        answered: Callable[[int], None],
        steps: Sequence[Step],
        account: str,
    ) -> None:
        self._ledger = ledger
        self._answered = answered
        self._steps = steps
        self._account = account
        self._ids: dict[int, str] = {}
        self._entries: list[bytes] = []
        self._waiting: list[int] = []
        self._has_news = asyncio.Event()
        self._pushing: asyncio.Task[None] | None = None
        self._redis: Redis | None = None

    async def open(self, url: str) -> Self:
        """Connect and prepare every entry; raises RedisError, LookupError without an exchange."""
        self._redis = open_async_redis(url, protocol=2)
        key = await cast("asyncio.Future[bytes | None]", self._redis.hget(
            channels.STATE, channels.STATE_ID_KEY
        ))  # fmt: skip
        if key is None:
            raise LookupError("no exchange has begun on this Redis")
        self._prepare(bytes.fromhex(key.decode()))
        self._pushing = asyncio.create_task(self._push_forever())
        return self

    def _prepare(self, id_key: bytes) -> None:
        run = secrets.token_hex(6)
        for number, step in enumerate(self._steps):
            fields = {**step.fields, "account": self._account}
            if step.kind == NEW:
                name = f"{run}-{number}"
                self._ids[number] = str(derive_order_id(id_key, self._account, name))
                fields |= {"client_order_id": name, "order_id": self._ids[number]}
            else:
                fields |= {"command": step.kind, "order_id": self._ids[step.target]}
            self._entries.append(msgspec.json.encode(fields))

    async def close(self) -> None:
        """Hang up."""
        if self._pushing is not None:
            self._pushing.cancel()
            await asyncio.wait([self._pushing])
        if self._redis is not None:
            await self._redis.aclose()

    def submit(self, request: Request) -> None:
        """Have the next push take it."""
        self._waiting.extend(request.numbers)
        self._has_news.set()

    async def _push_forever(self) -> None:
        while True:
            await self._has_news.wait()
            numbers = self._waiting[:MAX_IN_A_PUSH]
            del self._waiting[:MAX_IN_A_PUSH]
            if not self._waiting:
                self._has_news.clear()
            await self._push(numbers)

    async def _push(self, numbers: list[int]) -> None:
        assert self._redis is not None
        sent = time.perf_counter()
        for number in numbers:
            self._ledger.sent[number] = sent
        try:
            entries = [self._entries[number] for number in numbers]
            await cast("asyncio.Future[int]", self._redis.rpush(channels.ORDER_QUEUE, *entries))
        except (RedisError, OSError) as error:
            self._ledger.refuse(f"RPUSH: {error}", len(numbers))
        else:
            now = time.perf_counter()
            for number in numbers:
                self._accept(number, now)
        self._answered(len(numbers))

    def _accept(self, number: int, now: float) -> None:
        step = self._steps[number]
        if step.kind == NEW:
            self._ledger.accept_order(number, self._ids[number], now)
        else:
            self._ledger.accept_change(number, self._ids[step.target], now)
