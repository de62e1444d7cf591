"""Messages of the report channel, read from the journal."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from redis.asyncio import Redis

from protocol.channels import (
    EXECUTION_REPORTS,
    STATE_CONFIRMED,
    STATE_ID_KEY,
    last_sequence_field,
)
from protocol.journal import JournalEntry, entry_id
from protocol.shards import FIRST, ShardNames

SECONDS_TO_CONFIRM = 1.0
_POLL_SECONDS = 0.005
_PAGE = 256


class JournalTrimmed(Exception):
    """Messages that were asked for are no longer in the journal."""


class ReportJournal:
    """Reads a shard's journal and state; every method may raise RedisError or OSError."""

    def __init__(self, client: Redis, names: ShardNames = FIRST) -> None:
        self._client: Any = cast("Any", client)
        self._names = names

    async def read_id_key(self) -> bytes | None:
        """Return the shard's id key; None before its first start."""
        id_key: bytes | None = await self._client.hget(self._names.state, STATE_ID_KEY)
        return id_key

    async def read_published(self) -> tuple[bytes | None, int]:
        """Return the shard's id key and the sequence of the channel's last message.

        Raise TimeoutError if it is not published yet: on a cluster replicas have it first.
        """
        field = last_sequence_field(EXECUTION_REPORTS)
        id_key, published = await self._client.hmget(self._names.state, STATE_ID_KEY, field)
        sequence = int(published or 0)
        if self._names.is_clustered:
            async with asyncio.timeout(SECONDS_TO_CONFIRM):
                await self._wait_until_confirmed(sequence)
        return id_key, sequence

    async def _wait_until_confirmed(self, sequence: int) -> None:
        while True:
            confirmed = await self._client.hget(self._names.state, STATE_CONFIRMED)
            if int(confirmed or 0) >= sequence:
                return
            await asyncio.sleep(_POLL_SECONDS)

    async def read_message(self, sequence: int) -> bytes | None:
        """Return the channel's message of the commit that ends with `sequence`; None: none."""
        name = entry_id(sequence)
        page = await self._client.xrange(self._names.journal, name, name)
        entries = [JournalEntry.from_stream(*item) for item in page]
        return entries[0].messages.get(EXECUTION_REPORTS) if entries else None

    async def read_messages(self, after: int, up_to: int) -> AsyncIterator[bytes]:
        """Yield the channel's messages after `after`, up to and including `up_to`, as published.

        Raise JournalTrimmed if the journal begins later than that.
        """
        is_first = True
        while after < up_to:
            start, end = b"(" + entry_id(after), entry_id(up_to)
            page = await self._client.xrange(self._names.journal, start, end, count=_PAGE)
            entries = [JournalEntry.from_stream(*item) for item in page]
            if is_first and (not entries or entries[0].previous > after):
                raise JournalTrimmed
            if not entries:
                return
            is_first = False
            for entry in entries:
                if raw := entry.messages.get(EXECUTION_REPORTS):
                    yield raw
            after = entries[-1].sequence
