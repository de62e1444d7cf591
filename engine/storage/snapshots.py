"""Take snapshots in a forked child, so that the engine goes on matching; trim the journal.

Two snapshots are kept. The journal is trimmed up to the older of them, but keeps what the archive
has not read yet, unless the archive is hopelessly late. A full Redis takes no orders: then one
snapshot is kept, taken at once, and an archive that stands still is not waited for.
"""

import logging
import os
import secrets
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from redis import Redis

from engine.exchange.exchange import Exchange
from engine.storage.lease import Fenced
from engine.storage.snapshot_store import list_snapshots, write_snapshot
from protocol import channels
from protocol.shards import FIRST, ShardNames
from protocol.snapshot import decode_snapshot, encode_snapshot

KEPT = 2
ARCHIVE_ALLOWANCE = 2_000_000
"""Most commands that the journal keeps for an archive that has stopped."""
ARCHIVE_PATIENCE_SECONDS = 30.0
"""How long a full Redis waits for an archive that stands still."""
BYTES_A_COMMAND = 12_000
"""How much of Redis's memory there must be for each command between two snapshots: the journal has
up to three times as many commands, of 1 to 2 KB, and must leave room for all else."""

_KEPT = 1
"""What keep_snapshot.lua answers if it has made the snapshot count."""

logger = logging.getLogger(__name__)


class SnapshotWriter:
    """Takes a snapshot every `interval` commands. `connect` opens a connection for the child."""

    def __init__(
        self,
        client: Redis,
        connect: Callable[[], Redis],
        interval: int,
        names: ShardNames = FIRST,
    ) -> None:
        self._client = client
        self._names = names
        self._connect = connect
        self._configured = self._interval = interval
        self._trim = JournalTrim(client, names)
        self._last = 0
        self._child = 0
        self._sequence = 0
        self._writer = ""

    def abandon(self) -> None:
        """End the child, before a recovery: what it still writes must not count any more."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            self._child = 0

    def begin(self) -> None:
        """Count from the newest snapshot that there is, after a recovery."""
        self.abandon()
        self._last = next(iter(list_snapshots(self._client, self._names)), 0)
        room = int(self._client.info("memory")["maxmemory"]) // BYTES_A_COMMAND
        self._interval = min(self._configured, room or self._configured)

    def advance(self, exchange: Exchange, owner: bytes, is_full: bool = False) -> None:
        """Start a snapshot if one is due, finish one that is written; never wait.

        `is_full` says that Redis takes no orders. Raises Fenced if another engine has taken over.
        """
        if self._child:
            self._finish(owner, is_full)
        elif self.is_due(exchange.sequence, is_full):
            self._start(exchange, owner, is_only_one=is_full)
        elif is_full:
            self._trim.keep(list_snapshots(self._client, self._names)[:1], owner, is_full)

    def is_due(self, sequence: int, is_full: bool = False) -> bool:
        """Whether the next `advance` would start a snapshot."""
        return not self._child and sequence - self._last >= (1 if is_full else self._interval)

    def _start(self, exchange: Exchange, owner: bytes, is_only_one: bool) -> None:
        started = time.perf_counter()
        self._last = self._sequence = exchange.sequence
        self._writer = secrets.token_hex(8)
        try:
            self._child = os.fork()
        except OSError as error:
            logger.error("no snapshot at sequence %d: %s", self._sequence, error)  # noqa: TRY400
            return
        if self._child == 0:
            _write_and_exit(self._connect, exchange, owner, self._writer, is_only_one, self._names)
        pause = (time.perf_counter() - started) * 1000
        logger.info("snapshot at sequence %d: the engine paused %.1f ms", self._sequence, pause)

    def _finish(self, owner: bytes, is_full: bool) -> None:
        finished, status = os.waitpid(self._child, os.WNOHANG)
        if not finished:
            return
        self._child = 0
        if status != 0:
            logger.error("the snapshot at sequence %d failed: status %d", self._sequence, status)
            unfinished = self._names.unfinished_snapshot_key(self._sequence, self._writer)
            self._client.unlink(unfinished)
            return
        others = [] if is_full else list_snapshots(self._client, self._names)[: KEPT - 1]
        self._trim.keep([self._sequence, *others], owner, is_full)


class JournalTrim:
    """Deletes old snapshots, and the journal up to those that are kept."""

    def __init__(self, client: Redis, names: ShardNames = FIRST) -> None:
        self._client = client
        self._names = names
        self._keep = client.register_script(
            (Path(__file__).parent / "keep_snapshot.lua").read_text()
        )
        self._archived = -1
        self._archived_at = 0.0
        self._passed_over = 0

    def keep(self, sequences: list[int], owner: bytes, is_full: bool) -> None:
        """Make the snapshots at `sequences`, newest first, those that count.

        Raises Fenced if another engine has taken over.
        """
        if not sequences:
            return
        kept = list_snapshots(self._client, self._names)
        names = self._names
        keys = [names.state, names.journal, names.snapshot_key(sequences[0])]
        keys += [names.snapshot_key(old) for old in kept if old not in sequences]
        lists = [_format_list(kept), _format_list(sequences)]
        last = self._choose_last(sequences, is_full)
        answer = self._keep(keys=keys, args=[owner, *lists, last])
        if not answer:
            raise Fenced("another engine has taken over")
        if answer != _KEPT:
            logger.warning("the snapshot at %d is gone, or others count by now", sequences[0])

    def _choose_last(self, sequences: list[int], is_full: bool) -> int:
        """Choose the last sequence that may leave the journal."""
        oldest = sequences[-1] if len(sequences) == KEPT or is_full else 0
        stored = self._client.hget(self._names.state, channels.STATE_ARCHIVE_SEQUENCE)
        if stored is None:
            return oldest
        archived = int(cast(bytes, stored))
        allowed = max(archived, sequences[0] - ARCHIVE_ALLOWANCE)
        if is_full and allowed < oldest and self._stands_still(archived):
            self._log_passed_over(archived, oldest)
            return oldest
        return min(oldest, allowed)

    def _log_passed_over(self, archived: int, last: int) -> None:
        if last != self._passed_over:
            self._passed_over = last
            logger.warning(
                "Redis is full and the archive stands still at %d: trimming to %d", archived, last
            )

    def _stands_still(self, archived: int) -> bool:
        now = time.monotonic()
        if archived != self._archived:
            self._archived, self._archived_at = archived, now
        return now - self._archived_at >= ARCHIVE_PATIENCE_SECONDS


def _format_list(sequences: list[int]) -> str:
    return ",".join(map(str, sequences))


def _write_and_exit(
    connect: Callable[[], Redis],
    exchange: Exchange,
    owner: bytes,
    writer: str,
    is_only_one: bool,
    names: ShardNames,
) -> None:
    """Write the snapshot in the child, where nothing of the parent's may run on afterwards."""
    status = 1
    try:
        snapshot = exchange.export()
        raw = encode_snapshot(snapshot)
        write_snapshot(connect(), owner, snapshot.sequence, writer, raw, names)
        if is_only_one:
            exchange.restore(decode_snapshot(raw))  # if this fails, it does not count
        status = 0
    except Exception:
        logger.exception("snapshot")
    finally:
        os._exit(status)
