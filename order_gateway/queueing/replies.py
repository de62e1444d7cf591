"""The engine's replies to requests that wait for them."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import msgspec
from redis.asyncio import Connection
from redis.exceptions import RedisError

from order_gateway.errors import Unavailable
from order_gateway.queueing.redis_client import (
    CONNECT_SECONDS,
    make_connection,
    open_connection,
    read_response,
)
from protocol.channels import RESETS, reply_channel
from protocol.codec import decode_replies
from protocol.enums import Reason
from protocol.events import Reply
from protocol.shards import FIRST, ShardNames

logger = logging.getLogger(__name__)

MAX_WAITING = 10_000
"""Entries that wait for a reply; one more is refused before it is queued."""
MAX_WAITING_OF_ACCOUNT = 5_000
"""Of one account among them."""
RECONNECT_SECONDS = 0.2
PING_SECONDS = 5.0
"""Silence after which the connection is tested."""
PONG_SECONDS = 5.0
"""How long the answer to that test may take before the connection is replaced."""


class ExpectedReply:
    """The reply to one entry of `account`, received while the context lasts."""

    def __init__(self, request_id: str, worker: str, account: str, waiting: "_Waiting") -> None:
        self.request_id = request_id
        self.reply_to = worker
        self._account = account
        self._waiting = waiting
        self._loop = asyncio.get_running_loop()
        self._reply: asyncio.Future[Reply | None] = self._loop.create_future()

    def __enter__(self) -> Self:
        self._waiting.add(self._account, self.request_id, self._reply)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._waiting.remove(self._account, self.request_id)

    async def wait(self, seconds: float) -> Reply | None:
        """Return the reply, or None if it does not come in time."""
        # a timer alone costs an order a third of what `asyncio.timeout` does
        timer = self._loop.call_later(seconds, self._give_up)
        try:
            return await self._reply
        finally:
            timer.cancel()

    def _give_up(self) -> None:
        if not self._reply.done():
            self._reply.set_result(None)


class _Waiting:
    """The replies that are waited for, by request."""

    def __init__(self) -> None:
        self.replies: dict[str, asyncio.Future[Reply | None]] = {}
        self._of_account: dict[str, int] = {}

    def has_room(self, account: str) -> bool:
        """Whether one more of `account` may wait."""
        of_account = self._of_account.get(account, 0)
        return len(self.replies) < MAX_WAITING and of_account < MAX_WAITING_OF_ACCOUNT

    def add(self, account: str, request_id: str, reply: asyncio.Future[Reply | None]) -> None:
        self.replies[request_id] = reply
        self._of_account[account] = self._of_account.get(account, 0) + 1

    def remove(self, account: str, request_id: str) -> None:
        del self.replies[request_id]
        if self._of_account[account] == 1:
            del self._of_account[account]
        else:
            self._of_account[account] -= 1


class Replies:
    """Listens on the reply channels of `worker`, and again after each loss of the connection.

    Replies published during such a loss are lost; requests that wait for them time out. `forget` is
    called when the exchange has begun anew, before the reply to the command that did it.
    """

    def __init__(
        self,
        redis_url: str,
        worker: str,
        forget: Callable[[], None] = lambda: None,
        shards: Sequence[ShardNames] = (FIRST,),
    ) -> None:
        self._url = redis_url
        channel = reply_channel(worker)
        self._channels = [RESETS, *(names.channel(channel) for names in shards)]
        self._worker = worker
        self._forget = forget
        self._waiting = _Waiting()
        self._last_request = 0
        self._listener: asyncio.Task[None] | None = None
        self._is_subscribed = False
        self._has_tried = asyncio.Event()

    def start(self) -> None:
        """Begin to listen."""
        self._listener = asyncio.create_task(self._listen_forever())

    async def wait_until_tried(self) -> None:
        """Wait until the channel is subscribed or the first attempt has failed."""
        await self._has_tried.wait()

    def expect(self, account: str) -> ExpectedReply:
        """Return the reply to an entry of `account`; raise Unavailable if too many are expected."""
        if not self._waiting.has_room(account):
            raise Unavailable(Reason.OVERLOADED, "too many requests wait for an answer")
        self._last_request += 1
        request_id = f"{self._worker}-{self._last_request:x}"
        return ExpectedReply(request_id, self._worker, account, self._waiting)

    async def aclose(self) -> None:
        """Stop listening."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener

    async def _listen_forever(self) -> None:
        while True:
            connection = make_connection(self._url)
            try:
                await self._listen(connection)
            except (RedisError, OSError) as error:
                if self._is_subscribed:
                    logger.warning("the subscription to replies was lost: %s", error)
            except Exception:
                logger.exception("the subscription to replies failed")
            finally:
                self._is_subscribed = False
                self._has_tried.set()
                await connection.disconnect(nowait=True)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self, connection: Connection) -> None:
        await open_connection(connection)
        async with asyncio.timeout(CONNECT_SECONDS):
            await connection.send_command("SUBSCRIBE", *self._channels)
            for _ in self._channels:
                await read_response(connection)
        self._is_subscribed = True
        self._has_tried.set()
        while True:
            self._take_response(await self._read_or_ping(connection))

    async def _read_or_ping(self, connection: Connection) -> object:
        response = await connection.read_response(timeout=PING_SECONDS)
        if response is not None:
            return response
        await connection.send_command("PING")
        async with asyncio.timeout(PONG_SECONDS):
            return await read_response(connection)

    def _take_response(self, response: object) -> None:
        match response:
            case [b"message", channel, _] if channel == RESETS.encode():
                self._forget()
            case [b"message", _, bytes(message)]:
                self._take_message(message)

    def _take_message(self, message: bytes) -> None:
        try:
            replies = decode_replies(message).replies
        except msgspec.DecodeError as error:
            logger.warning("an unreadable message among the replies: %s", error)
            return
        for reply in replies:
            pending = self._waiting.replies.get(reply.request_id)
            if pending is not None and not pending.done():
                pending.set_result(reply)
