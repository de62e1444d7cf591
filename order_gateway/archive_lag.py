"""How far the archive is behind the journal."""

from pathlib import Path
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis

from protocol.channels import JOURNAL, STATE, STATE_ARCHIVE_SEQUENCE, STATE_SEQUENCE
from protocol.timestamps import now_in_microseconds

_READ = (Path(__file__).parent / "archive_lag.lua").read_text()


class Lag(NamedTuple):
    """Commands that the archive lacks, and seconds since the oldest of them was committed.

    Both are None if no archive has followed this exchange yet.
    """

    commands: int | None = None
    seconds: float | None = None


class ArchiveLag:
    """Reads the lag from Redis."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = cast("Any", client)

    async def read(self) -> Lag:
        """Return the lag as it is now; raise RedisError or OSError."""
        names = (STATE_SEQUENCE, STATE_ARCHIVE_SEQUENCE)
        answer = await self._client.eval_ro(_READ, 2, STATE, JOURNAL, *names)
        if not answer:
            return Lag()
        sequence, archived, *stamp = map(int, answer)
        waited = now_in_microseconds() - stamp[0] if stamp else 0
        return Lag(max(0, sequence - archived), max(0, waited) / 1_000_000)
