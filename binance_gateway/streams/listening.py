"""Tells a reader of streams what happens to the accounts whose listen keys it has subscribed."""

import asyncio
import logging
from contextlib import AbstractAsyncContextManager, suppress

from binance_gateway.account.listen_keys import ListenKeys
from binance_gateway.account.user_stream import AccountStream, EventsLost, UserStreams
from binance_gateway.streams.connection import BinanceWebSocket
from binance_gateway.streams.publisher import Form, frame_payload
from binance_gateway.words.errors import BinanceError
from order_gateway.errors import Unavailable
from protocol.codec import encode

SECONDS_BETWEEN_LOOKS = 5.0
_NORMAL_END, _SERVICE_RESTART = 1000, 1012

logger = logging.getLogger(__name__)


class _Beginning:
    """Of one key: what happens is kept once `is_heard` is set, and told once `may_tell` is."""

    def __init__(self) -> None:
        self.is_heard = asyncio.Event()
        self.may_tell = asyncio.Event()


class Listening:
    """The listen keys of one connection, each with a task of its own."""

    def __init__(
        self,
        keys: ListenKeys,
        streams: UserStreams,
        connection: BinanceWebSocket,
        form: Form,
    ) -> None:
        self._keys = keys
        self._streams = streams
        self._connection = connection
        self.form = form
        """How events are written now."""
        self._followed: dict[str, tuple[_Beginning, asyncio.Task[None]]] = {}

    async def follow(self, wanted: list[str]) -> None:
        """Follow these keys, and no others any more.

        From now on nothing that happens is missed; it is told once `let_begin` was called.
        """
        for key in [each for each in self._followed if each not in wanted]:
            self._followed.pop(key)[1].cancel()
        new = [key for key in wanted if key not in self._followed]
        for key in new:
            beginning = _Beginning()
            task = asyncio.create_task(self._serve(key, beginning))
            self._followed[key] = beginning, task
        for key in new:
            await self._followed[key][0].is_heard.wait()

    def let_begin(self) -> None:
        """Tell what happens, now that the reader is answered."""
        for beginning, _ in self._followed.values():
            beginning.may_tell.set()

    async def stop(self) -> None:
        """Follow nothing any more."""
        tasks = [task for _, task in self._followed.values()]
        await self.follow([])
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _serve(self, key: str, beginning: _Beginning) -> None:
        try:
            account = await self._keys.find(key)
            if account is None:
                return  # as any unknown name, it stays silent
            async with self._open(account) as stream, asyncio.TaskGroup() as tasks:
                beginning.is_heard.set()
                await beginning.may_tell.wait()
                watch = tasks.create_task(self._watch(key, account))
                await self._tell(key, stream)
                watch.cancel()
        except* (EventsLost, Unavailable, BinanceError):
            await self._give_up(beginning)
        except* Exception:
            logger.exception("a user's stream failed")
            await self._give_up(beginning)
        finally:
            beginning.is_heard.set()

    async def _give_up(self, beginning: _Beginning) -> None:
        beginning.is_heard.set()
        await beginning.may_tell.wait()
        self._connection.end(_SERVICE_RESTART, "events may be missing: begin again")

    def _open(self, account: str) -> AbstractAsyncContextManager[AccountStream]:
        return self._streams.open(account, self._connection.count_unsent)

    async def _tell(self, key: str, stream: AccountStream) -> None:
        await stream.recall()
        while True:
            events = await stream.take()
            await self._connection.drain()
            for event in events:
                payload = encode(event(self.form.unit.value))
                self._connection.write(frame_payload(key, self.form, payload))

    async def _watch(self, key: str, account: str) -> None:
        """Close the connection when the key ends."""
        is_good = True
        while is_good:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            is_good = await self._keys.find(key) == account
        self._connection.end(_NORMAL_END, "the listenKey has ended")
