"""The engine's replies to requests that wait for them."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import NamedTuple, Self

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
from protocol.channels import CLOCK_MOVES, RESETS, reply_channel
from protocol.codec import decode_replies
from protocol.enums import Reason
from protocol.events import Reply
from protocol.shards import FIRST, ShardNames
from protocol.timestamps import parse_timestamp

logger = logging.getLogger(__name__)

MAX_WAITING = 10_000
"""Entries that wait for a reply; one more is refused before it is queued."""
MAX_WAITING_OF_ACCOUNT = 5_000
"""Of one account among them."""
_MOVES = CLOCK_MOVES.encode()
RECONNECT_SECONDS = 0.2
PING_SECONDS = 5.0
"""Silence after which the connection is tested."""
PONG_SECONDS = 5.0
"""How long the answer to that test may take before the connection is replaced."""
CLUSTER_PING_SECONDS = 1.0
"""Both on a cluster, where another node takes the place of one that is silent."""


class _Line(NamedTuple):
    """A connection to the Redis that has the shard, and the channels to hear on it."""

    names: ShardNames
    channels: tuple[str, ...]


def _list_lines(channels: Sequence[str], shards: Sequence[ShardNames]) -> list[_Line]:
    """List one for all shards, or one for each if they are on a cluster."""
    if not shards[0].is_clustered:
        heard = (names.channel(channel) for names in shards for channel in channels)
        return [_Line(FIRST, (RESETS, *heard))]
    return [_Line(names, tuple(map(names.channel, channels))) for names in shards]


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
    called when the exchange has begun anew, before the reply to the command that did it;
    `note_move` with the exchange's time when its clock was moved, before the commit's replies.
    """

    def __init__(
        self,
        redis_url: str,
        worker: str,
        forget: Callable[[], None] = lambda: None,
        shards: Sequence[ShardNames] = (FIRST,),
        note_move: Callable[[int], None] | None = None,
    ) -> None:
        self._url = redis_url
        clock = () if note_move is None else (CLOCK_MOVES,)
        self._lines = _list_lines((*clock, reply_channel(worker)), shards)
        self._worker = worker
        self._forget = forget
        self._note_move = note_move
        self._waiting = _Waiting()
        self._last_request = 0
        self._listeners: list[asyncio.Task[None]] = []
        self._untried = set(self._lines)
        self._has_tried = asyncio.Event()

    def start(self) -> None:
        """Begin to listen."""
        self._listeners = [asyncio.create_task(self._listen_forever(line)) for line in self._lines]

    async def wait_until_tried(self) -> None:
        """Wait until each channel is subscribed or the first attempt has failed."""
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
        for listener in self._listeners:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener

    async def _listen_forever(self, line: "_Line") -> None:
        while True:
            connection = make_connection(self._url, line.names)
            try:
                await self._listen(connection, line)
            except (RedisError, OSError) as error:
                if line not in self._untried:
                    logger.warning("the subscription to replies was lost: %s", error)
            except Exception:
                logger.exception("the subscription to replies failed")
            finally:
                self._note_try(line)
                await connection.disconnect(nowait=True)
            await asyncio.sleep(RECONNECT_SECONDS)

    def _note_try(self, line: "_Line") -> None:
        self._untried.discard(line)
        if not self._untried:
            self._has_tried.set()

    async def _listen(self, connection: Connection, line: "_Line") -> None:
        await open_connection(connection)
        async with asyncio.timeout(CONNECT_SECONDS):
            await connection.send_command(line.names.subscribe, *line.channels)
            for _ in line.channels:
                await read_response(connection)
        self._note_try(line)
        while True:
            self._take_response(await self._read_or_ping(connection, line.names))

    async def _read_or_ping(self, connection: Connection, names: ShardNames) -> object:
        is_clustered = names.is_clustered
        silence = CLUSTER_PING_SECONDS if is_clustered else PING_SECONDS
        response = await connection.read_response(timeout=silence)
        if response is not None:
            return response
        await connection.send_command("PING")
        async with asyncio.timeout(CLUSTER_PING_SECONDS if is_clustered else PONG_SECONDS):
            return await read_response(connection)

    def _take_response(self, response: object) -> None:
        match response:
            case [b"message", channel, _] if channel == RESETS.encode():
                self._forget()
            case [b"message" | b"smessage", bytes(channel), bytes(message)]:
                is_move = channel.endswith(_MOVES)
                (self._take_move if is_move else self._take_message)(message)

    def _take_move(self, text: bytes) -> None:
        if self._note_move is None:
            return
        try:
            self._note_move(parse_timestamp(text.decode()))
        except ValueError as error:
            logger.warning("an unreadable move of the clock: %s", error)

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
