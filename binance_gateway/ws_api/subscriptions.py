"""An account's events on a connection of the WebSocket API."""

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from binance_gateway.account.list_events import Event
from binance_gateway.account.user_stream import AccountStream, EventsLost, UserStreams
from binance_gateway.signing.keys import Signer, digest_key
from binance_gateway.streams.connection import BinanceWebSocket
from binance_gateway.words import errors
from binance_gateway.words.times import TimeUnit
from edge.text_frames import frame_text
from order_gateway.errors import Unavailable
from protocol.codec import encode
from protocol.enums import Reason

MAX_ACTIVE = 1_000
MAX_IN_A_LIFE = 65_535
SECONDS_BETWEEN_LOOKS = 1.0
_SERVICE_RESTART = 1012

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Subscription:
    account: str
    digest: str
    is_of_session: bool
    task: "asyncio.Task[None]"


class Subscriptions:
    """Counts from 0 on; an id is never used again."""

    def __init__(self, streams: UserStreams, connection: BinanceWebSocket, unit: TimeUnit) -> None:
        self._streams = streams
        self._connection = connection
        self._unit = unit
        self._next = 0
        self._active: dict[int, _Subscription] = {}
        self._begun: list[asyncio.Event] = []
        """Of those that are there, and whose answer is about to be written."""
        self._is_closed = False
        self._watch: asyncio.Task[None] | None = None

    @property
    def ids(self) -> list[int]:
        """Those that are active."""
        return list(self._active)

    async def begin(self, signer: Signer, *, is_of_session: bool) -> int:
        """Subscribe to the signer's account; return the id. Raise BinanceError.

        Nothing is told before `let_begin`, so that the answer comes first. It ends with the key.
        """
        account = signer.account
        if self._is_closed:
            raise errors.DISCONNECTED()
        if any(each.account == account for each in self._active.values()):
            raise errors.SUBSCRIPTION_ACTIVE()
        if len(self._active) >= MAX_ACTIVE or self._next >= MAX_IN_A_LIFE:
            raise errors.TOO_MANY_SUBSCRIPTIONS()
        number, self._next = self._next, self._next + 1
        is_listening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        may_begin = asyncio.Event()
        task = asyncio.create_task(self._serve(number, account, is_listening, may_begin))
        digest = digest_key(signer.key)
        self._active[number] = _Subscription(account, digest, is_of_session, task)
        if self._watch is None:
            self._watch = asyncio.create_task(self._end_retracted())
        try:
            await is_listening
        except Unavailable:
            self._active.pop(number, None)
            raise errors.DISCONNECTED() from None
        self._begun.append(may_begin)
        return number

    def let_begin(self) -> None:
        """Tell what happens, now that whoever has begun is answered."""
        while self._begun:
            self._begun.pop().set()

    def end(self, number: int | None) -> None:
        """End a subscription, None: all of them; raise BinanceError if there is none."""
        numbers = self.ids if number is None else [number]
        if not numbers or numbers[0] not in self._active:
            raise errors.SUBSCRIPTION_NOT_ACTIVE()
        for each in numbers:
            self._end(each)

    def end_of_session(self) -> None:
        """End the one that was made by who was logged on."""
        for number in [each for each, of in self._active.items() if of.is_of_session]:
            self._end(number)

    async def close(self) -> None:
        """End all of them without a word: the connection has ended."""
        self._is_closed = True
        tasks = [each.task for each in self._active.values()]
        if self._watch is not None:
            tasks.append(self._watch)
        self._active.clear()
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def _end_retracted(self) -> None:
        """End what was made by keys that count no more, as long as the connection lasts."""
        may_read = self._streams.signers.may_read
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            for number, each in list(self._active.items()):
                if not may_read(each.digest, each.account):
                    self._end(number)

    def _end(self, number: int) -> None:
        self._active.pop(number).task.cancel()
        self._write(number, _tell_end(self._streams.read_clock()))

    async def _serve(
        self,
        number: int,
        account: str,
        is_listening: "asyncio.Future[None]",
        may_begin: asyncio.Event,
    ) -> None:
        try:
            async with self._streams.open(account, self._connection.count_unsent) as stream:
                is_listening.set_result(None)
                await may_begin.wait()
                await stream.recall()
                await self._tell(number, stream)
        except Unavailable as unavailable:
            if not is_listening.done():
                is_listening.set_exception(unavailable)
                return
            self._give_up()
        except EventsLost:
            self._give_up()
        except Exception:
            logger.exception("a user's stream failed")
            self._give_up()
        finally:
            if not is_listening.done():
                is_listening.set_exception(Unavailable(Reason.NOT_IN_SYNC, "it has ended"))

    async def _tell(self, number: int, stream: AccountStream) -> None:
        while True:
            events = await stream.take()
            await self._connection.drain()
            for event in events:
                self._write(number, event)

    def _write(self, number: int, event: Event) -> None:
        message = {"subscriptionId": number, "event": event(self._unit.value)}
        self._connection.write(frame_text(encode(message)))

    def _give_up(self) -> None:
        self._connection.end(_SERVICE_RESTART, "events may be missing: begin again")


def _tell_end(now: int) -> Event:
    return lambda unit: {"e": "eventStreamTerminated", "E": now // unit}
