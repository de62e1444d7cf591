"""Store and read snapshots, which are lists of parts on Redis."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from redis import Redis, ResponseError

from engine.storage.lease import Fenced
from protocol import channels
from protocol.shards import FIRST, ShardNames
from protocol.snapshot import (
    PART_BYTES,
    PARTS_AT_ONCE,
    Snapshot,
    decode_snapshot,
    parse_snapshot_list,
)

_WRITE_PART = (Path(__file__).parent / "write_part.lua").read_text()

logger = logging.getLogger(__name__)


def list_snapshots(client: Redis, names: ShardNames = FIRST) -> list[int]:
    """List the sequences of the snapshots that count, newest first."""
    stored = client.hget(names.state, channels.STATE_SNAPSHOTS)
    return parse_snapshot_list(cast(bytes | None, stored))


def measure_newest(client: Redis, names: ShardNames = FIRST) -> int:
    """Return about how many bytes the newest snapshot has; 0 if there is none."""
    keys = [names.snapshot_key(sequence) for sequence in list_snapshots(client, names)[:1]]
    return sum(client.memory_usage(key, samples=0) or 0 for key in keys)


def write_snapshot(
    client: Redis,
    owner: bytes,
    sequence: int,
    writer: str,
    raw: bytes,
    names: ShardNames = FIRST,
) -> None:
    """Store `raw` part by part, so that others are served in between.

    Raises Fenced if another engine has taken over.
    """
    write_part = client.register_script(_WRITE_PART)
    unfinished = names.unfinished_snapshot_key(sequence, writer)
    keys = [names.state, unfinished, names.snapshot_key(sequence)]
    count = -(-len(raw) // PART_BYTES)
    for number in range(1, count + 1):
        part = raw[(number - 1) * PART_BYTES : number * PART_BYTES]
        if not write_part(keys=keys, args=[owner, part, number, count]):
            raise Fenced("another engine has taken over")


def read_snapshot(client: Redis, sequence: int, names: ShardNames = FIRST) -> Snapshot:
    """Read the snapshot at `sequence`; raise ValueError if it is missing or damaged."""
    name = names.snapshot_key(sequence)
    parts: list[bytes] = []
    try:
        while page := client.lrange(name, len(parts), len(parts) + PARTS_AT_ONCE - 1):
            parts += cast(list[bytes], page)
    except ResponseError as error:
        raise ValueError(f"{name} is no list of parts: {error}") from error
    return decode_snapshot(b"".join(parts))


def read_snapshots(client: Redis, names: ShardNames = FIRST) -> Iterator[Snapshot]:
    """Yield the snapshots that count and can be read, newest first."""
    for sequence in list_snapshots(client, names):
        try:
            yield read_snapshot(client, sequence, names)
        except ValueError as error:
            logger.warning("the snapshot at sequence %d is of no use: %s", sequence, error)


def delete_orphans(client: Redis, names: ShardNames = FIRST) -> None:
    """Remove snapshots that were written, in whole or in part, but never counted."""
    stored = list_snapshots(client, names)
    counted = {names.snapshot_key(sequence).encode() for sequence in stored}
    for key in client.scan_iter(names.snapshot_key_pattern(), count=1000):
        if key not in counted:
            client.unlink(key)
