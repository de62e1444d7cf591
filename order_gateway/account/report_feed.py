"""What the engine reports to accounts, without a gap, for those that listen.

The channel is subscribed only while somebody listens, because decoding a report costs as much as an
order. Messages that were missed are read from the journal, which has the same bytes. A message that
the engine never journaled is found by the engine's own in its place, or by the next check: then all
listeners start anew.
"""

import asyncio
import contextlib
import logging
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from contextvars import Context
from time import monotonic

import msgspec
from redis.asyncio import Connection, Redis
from redis.exceptions import RedisError

from edge.rare_log import RareLog
from order_gateway.account.report_journal import JournalTrimmed, ReportJournal
from order_gateway.account.report_listener import (
    MAX_HELD_BYTES,
    Listener,
    News,
    Report,
    Told,
    tell,
)
from order_gateway.errors import Unavailable
from order_gateway.queueing.redis_client import (
    CONNECT_SECONDS,
    make_connection,
    open_connection,
    read_response,
)
from protocol.applied import Applied
from protocol.channels import EXECUTION_REPORTS, RESETS
from protocol.codec import decode_message
from protocol.enums import Reason
from protocol.events import ChannelMessage
from protocol.exchange_id import derive_exchange_id
from protocol.journal import MAX_VALUE_BYTES
from protocol.shards import FIRST, ShardNames

logger = logging.getLogger(__name__)

REPORTS_A_TURN = 256
"""Reports of one message that are passed on before listeners have their turn to send them."""
RECONNECT_SECONDS = 0.2
LIVE_SECONDS = 2.0
"""How long a new listener waits for the channel."""
CHECK_SECONDS = 0.5
"""Time between two looks at what the engine has published: a lost message may have no successor
that would show the gap, and what came in its place may be forged."""


class ReportFeed:
    """Follows a shard's report channel as long as there are listeners.

    It is one of `feeds`, which share the bytes that may wait for all listeners.
    """

    def __init__(
        self, redis_url: str, client: Redis, names: ShardNames = FIRST, feeds: int = 1
    ) -> None:
        self._url = redis_url
        self._names = names
        self._max_held_bytes = MAX_HELD_BYTES // feeds
        self._journal = ReportJournal(client, names)
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._count = 0
        self._follower: asyncio.Task[None] | None = None
        self._is_live = asyncio.Event()
        self._is_outage = False
        self._id_key: bytes | None = None
        self._checked_at = -math.inf
        self._told = Applied(0)
        self._rare_log = RareLog(logger)
        self.sequence = 0
        """The sequence of the last message that listeners get: new ones begin there."""
        self.told_sequence = 0
        """The sequence of the last message that was passed on."""
        self.losses = 0
        """How often listeners had to start anew."""

    @property
    def is_live(self) -> bool:
        """Whether published messages are received; if not, they are read from the journal later."""
        return self._is_live.is_set()

    @property
    def exchange_id(self) -> str | None:
        """The exchange whose reports are followed; None before its first start.

        On a shard from 2 on it is an id of the shard alone.
        """
        return None if self._id_key is None else derive_exchange_id(self._id_key)

    async def read_exchange_id(self) -> str | None:
        """Return what `exchange_id` will be at the next look; raise RedisError or OSError."""
        id_key = await self._journal.read_id_key()
        return None if id_key is None else derive_exchange_id(id_key)

    @contextlib.asynccontextmanager
    async def listen(
        self, account: str, count_unsent: Callable[[], int] = lambda: 0
    ) -> AsyncIterator[Listener]:
        """Listen to `account` while the context lasts; raise Unavailable if the channel is lost.

        `count_unsent` returns the bytes that the listener's connection holds unsent.
        """
        self._count += 1
        if self._follower is None:
            # in a context of its own: the feed outlives the request that starts it
            self._follower = asyncio.create_task(self._follow_forever(), context=Context())
        listener = Listener(account, count_unsent)
        try:
            await self._wait_until_live()
            listener.start = self.sequence
            self._listeners[account].add(listener)
            yield listener
        finally:
            self._remove(listener)

    async def read_reports(self, after: int, up_to: int) -> AsyncIterator[News]:
        """Yield the reports of every account from the journal.

        Raise JournalTrimmed, RedisError or OSError.
        """
        async for data in self._journal.read_messages(after, up_to):
            for news in _list_news(decode_message(data)):
                yield news

    async def aclose(self) -> None:
        """Stop following."""
        follower, self._follower = self._follower, None
        if follower is not None:
            follower.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await follower
        self._is_live.clear()

    async def _wait_until_live(self) -> None:
        try:
            async with asyncio.timeout(LIVE_SECONDS):
                await self._is_live.wait()
        except TimeoutError:
            detail = "the reports cannot be followed at the moment"
            raise Unavailable(Reason.QUEUE_UNAVAILABLE, detail) from None

    def _remove(self, listener: Listener) -> None:
        listeners = self._listeners[listener.account]
        listeners.discard(listener)
        if not listeners:
            del self._listeners[listener.account]
        self._count -= 1
        if not self._count and self._follower is not None:
            self._follower.cancel()
            self._follower = None
            self._is_live.clear()

    async def _follow_forever(self) -> None:
        is_first = True
        while True:
            connection = make_connection(self._url, self._names)
            try:
                await self._follow(connection, is_first=is_first)
            except (RedisError, OSError, TimeoutError) as error:
                self._report_outage(error)
            except Exception:
                logger.exception("the subscription to execution reports failed")
            finally:
                await connection.disconnect(nowait=True)
            is_first = is_first and not self.is_live
            self._is_live.clear()
            await asyncio.sleep(RECONNECT_SECONDS)

    def _report_outage(self, error: Exception | None) -> None:
        """Log one line when the reports cannot be followed any more, one when they can again."""
        if error is not None and not self._is_outage:
            logger.warning("the subscription to execution reports was lost: %s", error)
        if error is None and self._is_outage:
            logger.info("execution reports are followed again")
        self._is_outage = error is not None

    async def _follow(self, connection: Connection, *, is_first: bool) -> None:
        await open_connection(connection)
        async with asyncio.timeout(CONNECT_SECONDS):
            channels = map(self._names.channel, (EXECUTION_REPORTS, RESETS))
            await connection.send_command(self._names.subscribe, *channels)
            await read_response(connection)
            await read_response(connection)
        await self._catch_up(is_first=is_first)
        self._is_live.set()
        self._report_outage(None)
        while True:
            wait = CHECK_SECONDS - (monotonic() - self._checked_at)
            if wait <= 0:
                await self._catch_up()
                continue
            response = await connection.read_response(timeout=wait)
            match response:
                case [b"message", channel, _] if channel == RESETS.encode():
                    await self._catch_up()
                case [b"message" | b"smessage", _, bytes(data)]:
                    await self._take(data)

    async def _take(self, data: bytes) -> None:
        """Pass a message on; one that does not follow is old, forged, or shows a gap."""
        try:
            message = decode_message(data)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._rare_log.warn(f"ignored what is not the engine's: {error}")
            return
        if message.sequence <= self.sequence:
            # most wait here while the same messages are read from the journal
            is_notice = not message.events
            if self._told.contradict(message.sequence, data, is_notice=is_notice):
                await self._settle(message, data)
            return
        if message.previous != self.sequence:
            await self._catch_up()
        if message.previous == self.sequence:
            await self._pass_on(message, data)

    async def _settle(self, message: ChannelMessage, data: bytes) -> None:
        """Find out if `data` is the engine's: then what was told in its place was not."""
        journaled = await self._journal.read_message(message.sequence) or b""
        is_notice = not message.events and len(journaled) > MAX_VALUE_BYTES
        if journaled == data or is_notice:
            await self._catch_up(doubt=f"what was told as {message.sequence} was forged")
        else:
            self._rare_log.warn(f"ignored a forged message {message.sequence}")

    async def _catch_up(self, *, is_first: bool = False, doubt: str = "") -> None:
        """Pass on what was published up to now, read from the journal.

        If that does not follow what was passed on before, or is in `doubt`, tell the listeners to
        start anew.
        """
        id_key, published = await self._journal.read_published()
        has_begun = self._id_key is not None or self.sequence > 0
        is_another = has_begun and id_key != self._id_key
        self._id_key = id_key
        if is_first:
            self._begin_at(published)
        elif is_another:
            self._lose(published, "another exchange has taken the place of the one before")
        elif published < self.sequence:
            self._lose(published, f"the exchange is back at {published} of {self.sequence}")
        elif doubt:
            self._lose(published, doubt)
        else:
            await self._read_on(published)
        self._checked_at = monotonic()
        self._bound_held_bytes()

    def _bound_held_bytes(self) -> None:
        """Drop what waits for the accounts with most of it, if it is too much for all of them."""
        held = {account: _count_held(some) for account, some in self._listeners.items()}
        total = sum(held.values())
        for account in sorted(held, key=held.__getitem__, reverse=True):
            if total <= self._max_held_bytes:
                break
            total -= held[account]
            for listener in self._listeners[account]:
                listener.lose()

    async def _read_on(self, published: int) -> None:
        try:
            async for data in self._journal.read_messages(self.sequence, published):
                message = decode_message(data)
                if message.previous != self.sequence:
                    self._lose(published, f"what was told as {self.sequence} was forged")
                    return
                await self._pass_on(message, data)
        except JournalTrimmed:
            self._lose(published, f"execution reports up to {published} are lost")

    def _begin_at(self, sequence: int) -> None:
        self.sequence = self.told_sequence = sequence
        self._told = Applied(sequence)

    def _lose(self, up_to: int, why: str) -> None:
        logger.warning("%s: starting anew", why)
        self.losses += 1
        for listener in self._list_listeners():
            listener.put(Told(up_to, None, b""))
        self._begin_at(up_to)

    async def _pass_on(self, message: ChannelMessage, data: bytes) -> None:
        """Give each report to its listeners, encoded once for all of them."""
        self.sequence = message.sequence
        self._told.add(message.sequence, data)
        for number, news in enumerate(_list_news(message), 1):
            if listeners := self._listeners.get(news.report.account or ""):
                told = tell(news)
                for listener in listeners:
                    listener.put(told)
            if not number % REPORTS_A_TURN:
                await asyncio.sleep(0)
        self.told_sequence = message.sequence

    def _list_listeners(self) -> list[Listener]:
        return [listener for some in self._listeners.values() for listener in some]


def _count_held(listeners: Iterable[Listener]) -> int:
    """Return the bytes that wait for an account's listeners, who share the reports."""
    unsent = sum(listener.count_unsent() for listener in listeners)
    return unsent + max(listener.held_bytes for listener in listeners)


def _list_news(message: ChannelMessage) -> list[News]:
    return [News(message.sequence, event) for event in message.events if isinstance(event, Report)]
