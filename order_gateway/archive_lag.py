"""How far the archive is behind the journal."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from redis.asyncio import Redis

from protocol.channels import STATE_ARCHIVE_SEQUENCE, STATE_SEQUENCE
from protocol.exchange_clock import ExchangeTime
from protocol.shards import FIRST, ShardNames

_READ = (Path(__file__).parent / "archive_lag.lua").read_text()


class Lag(NamedTuple):
    """Commands that the archive lacks, and seconds since the oldest of them was committed.

    Seconds are those of the exchange's clock.

    Both are None if no archive has followed this exchange yet.
    """

    commands: int | None = None
    seconds: float | None = None


class ArchiveLag:
    """Reads the lag from Redis."""

    def __init__(
        self,
        client: Redis,
        clock: ExchangeTime,
        shards: Sequence[ShardNames] = (FIRST,),
        find_client: Callable[[ShardNames], Redis] | None = None,
    ) -> None:
        self._shards = shards
        self._find_client: Callable[[ShardNames], Any] = find_client or (lambda _: client)
        self._clock = clock

    async def read(self) -> Lag:
        """Return the lag as it is now, of all shards together; raise RedisError or OSError."""
        lags = [await self._read_shard(names) for names in self._shards]
        commands = [lag.commands for lag in lags if lag.commands is not None]
        seconds = [lag.seconds for lag in lags if lag.seconds is not None]
        if len(commands) < len(lags):
            return Lag()
        return Lag(sum(commands), max(seconds))

    async def _read_shard(self, names: ShardNames) -> Lag:
        fields = (STATE_SEQUENCE, STATE_ARCHIVE_SEQUENCE)
        answer = await self._find_client(names).eval_ro(
            _READ, 2, names.state, names.journal, *fields
        )
        if not answer:
            return Lag()
        sequence, archived, *stamp = map(int, answer)
        waited = self._clock.now() - stamp[0] if stamp else 0
        return Lag(max(0, sequence - archived), max(0, waited) / 1_000_000)
