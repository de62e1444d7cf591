"""How far the archive is behind the journal."""

from typing import Any, NamedTuple, cast

from redis.asyncio import Redis

from protocol.channels import JOURNAL, STATE, STATE_ARCHIVE_SEQUENCE, STATE_SEQUENCE
from protocol.timestamps import now_in_microseconds

# in one step, and without sending a whole commit here for its stamp
_READ = """
local sequence, archived = unpack(redis.call('HMGET', KEYS[1], ARGV[1], ARGV[2]))
if not archived then return {} end
local oldest = redis.call('XRANGE', KEYS[2], '(' .. archived .. '-0', '+', 'COUNT', 1)[1]
local stamp
for i = 1, oldest and #oldest[2] or 0, 2 do
  if oldest[2][i] == 'timestamp' then stamp = oldest[2][i + 1] end
end
return {sequence or '0', archived, stamp}
"""


class Lag(NamedTuple):
    """Commands that the archive lacks, and seconds since the oldest of them was committed.

    None: no archive has followed this exchange yet.
    """

    commands: int | None = None
    seconds: float | None = None


class ArchiveLag:
    """Asks Redis."""

    def __init__(self, client: Redis) -> None:
        self._client: Any = cast("Any", client)

    async def read(self) -> Lag:
        """The lag now; raises RedisError or OSError."""
        names = (STATE_SEQUENCE, STATE_ARCHIVE_SEQUENCE)
        answer = await self._client.eval_ro(_READ, 2, STATE, JOURNAL, *names)
        if not answer:
            return Lag()
        sequence, archived, *stamp = map(int, answer)
        waited = now_in_microseconds() - stamp[0] if stamp else 0
        return Lag(max(0, sequence - archived), max(0, waited) / 1_000_000)
