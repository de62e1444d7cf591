"""Messages of the report channel, read from the journal."""

from collections.abc import AsyncIterator
from typing import Any, cast

from redis.asyncio import Redis

from protocol.channels import (
    EXECUTION_REPORTS,
    JOURNAL,
    STATE,
    STATE_ID_KEY,
    last_sequence_field,
)
from protocol.journal import JournalEntry, entry_id

_PAGE = 256


class JournalTrimmed(Exception):
    """Messages that were asked for are no longer in the journal."""


class ReportJournal:
    """Reads the journal and the engine's state; every method may raise RedisError or OSError."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = cast("Any", client)

    async def read_published(self) -> tuple[bytes | None, int]:
        """Return the exchange's id key and the sequence of the channel's last message."""
        field = last_sequence_field(EXECUTION_REPORTS)
        id_key, published = await self._client.hmget(STATE, STATE_ID_KEY, field)
        return id_key, int(published or 0)

    async def read_message(self, sequence: int) -> bytes | None:
        """Return the channel's message of the commit that ends with `sequence`; None: none."""
        name = entry_id(sequence)
        page = await self._client.xrange(JOURNAL, name, name)
        entries = [JournalEntry.from_stream(*item) for item in page]
        return entries[0].messages.get(EXECUTION_REPORTS) if entries else None

    async def read_messages(self, after: int, up_to: int) -> AsyncIterator[bytes]:
        """Yield the channel's messages after `after`, up to and including `up_to`, as published.

        Raise JournalTrimmed if the journal begins later than that.
        """
        is_first = True
        while after < up_to:
            start, end = b"(" + entry_id(after), entry_id(up_to)
            page = await self._client.xrange(JOURNAL, start, end, count=_PAGE)
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
