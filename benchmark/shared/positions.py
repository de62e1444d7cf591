"""How far engine and archive are, as the state in Redis says."""

from typing import cast

from redis import Redis

from protocol import channels


def read_sequence(client: Redis) -> int:
    """Return the engine's sequence."""
    return read_positions(client)[0]


def read_positions(client: Redis) -> tuple[int, int]:
    """Return the sequences of the engine and of the archive."""
    names = [channels.STATE_SEQUENCE, channels.STATE_ARCHIVE_SEQUENCE]
    engine, archive = cast(list[bytes | None], client.hmget(channels.STATE, names))
    return int(engine or 0), int(archive or 0)


def read_redis_pid(client: Redis) -> int:
    """Return the pid of the server."""
    return int(client.info("server")["process_id"])
