"""The way of a command to the engine and of its answer back, in Binance's time and words."""

import asyncio
from collections.abc import Mapping, Sequence

from binance_gateway.words import errors, refusals
from binance_gateway.words.errors import BinanceError
from order_gateway.errors import Unavailable
from order_gateway.queueing.overload import OverloadGate
from order_gateway.queueing.sender import Sender
from order_gateway.queueing.waiting_pushes import PushState
from protocol.commands import VALID_MICROSECONDS, QueueEntry
from protocol.enums import CommandType
from protocol.events import Reply
from protocol.exchange_clock import ExchangeTime
from protocol.instrument import Instrument
from protocol.timestamps import format_timestamp

REPLY_SECONDS = 10.0
_AT_ONCE = 1_000
"""Changes whose replies are waited for together; a worker can wait for some thousands only."""


class Commands:
    """Sends commands of accounts to a shard; `clock` is the exchange's.

    Every method raises BinanceError if there is no answer.
    """

    def __init__(self, sender: Sender, gate: OverloadGate, clock: ExchangeTime) -> None:
        self._sender = sender
        self._gate = gate
        self._clock = clock

    async def place(self, account: str, entry: QueueEntry) -> Reply:
        """Send a new order, or a replace; return the engine's reply.

        The engine refuses it if it meets it later than we wait for the reply.
        """
        now = self._clock.now()
        entry.valid_until = format_timestamp(now + self._clock.scale(VALID_MICROSECONDS))
        try:
            self._gate.admit_order()
            return await self._ask(account, entry, now)
        except Unavailable as unavailable:
            raise refusals.translate(unavailable.code) from None

    async def change(self, account: str, entry: QueueEntry) -> Reply:
        """Send a change of the account's orders; return the engine's reply."""
        try:
            self._gate.admit_change()
            return await self._ask(account, entry, self._clock.now())
        except Unavailable as unavailable:
            raise refusals.translate(unavailable.code) from None

    async def change_all(self, account: str, entries: Sequence[QueueEntry]) -> Sequence[Reply]:
        """Send changes, many at a time; return the replies."""
        replies: list[Reply] = []
        for start in range(0, len(entries), _AT_ONCE):
            some = entries[start : start + _AT_ONCE]
            received_at = format_timestamp(self._clock.now())
            for entry in some:
                entry.account, entry.received_at = account, received_at
            try:
                self._gate.admit_change()
                sent = await self._sender.send(account, some, REPLY_SECONDS)
            except Unavailable as unavailable:
                raise refusals.translate(unavailable.code) from None
            answered = [reply for reply in sent.replies if reply is not None]
            if len(answered) < len(some):
                raise _explain_silence(is_confirmed=sent.is_confirmed)
            replies += answered
        return replies

    async def find_present(self, account: str) -> int:
        """Return a sequence before which all that was queued until now is carried out."""
        return (await self.change(account, QueueEntry(command=CommandType.BARRIER))).sequence

    async def _ask(self, account: str, entry: QueueEntry, now: int) -> Reply:
        entry.account, entry.received_at = account, format_timestamp(now)
        push, reply = await self._sender.ask(account, entry, REPLY_SECONDS)
        if reply is None:
            raise _explain_silence(is_confirmed=push.state is PushState.CONFIRMED)
        return reply


class AllCommands:
    """The ways to the shards, by shard; `instruments` says where each symbol is."""

    def __init__(
        self, by_shard: Mapping[int, Commands], instruments: Mapping[str, Instrument]
    ) -> None:
        self._by_shard = by_shard
        self._instruments = instruments
        self.first = by_shard[1]

    def of(self, symbol: str) -> Commands:
        """Return the way to an instrument's shard."""
        return self._by_shard[self._instruments[symbol].shard]

    async def find_present(self, account: str, symbol: str | None = None) -> dict[int, int]:
        """Return the sequences of an instrument's shard, or of all, as `Commands.find_present`."""
        shards = list(self._by_shard) if symbol is None else [self._instruments[symbol].shard]
        found = await asyncio.gather(
            *(self._by_shard[shard].find_present(account) for shard in shards)
        )
        return dict(zip(shards, found, strict=True))


def _explain_silence(*, is_confirmed: bool) -> BinanceError:
    return errors.TIMEOUT() if is_confirmed else errors.UNEXPECTED_RESPONSE()
