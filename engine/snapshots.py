"""Snapshots on Redis: written by a forked child, so that the engine goes on matching.

Two are kept. The journal is trimmed behind the older of them, and never behind the archive as long
as that is not hopelessly late.
"""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from redis import Redis

from engine.handler import Handler
from engine.lease import Fenced
from engine.writes import write_anyway
from protocol import channels
from protocol.snapshot import Snapshot, decode_snapshot, encode_snapshot, parse_snapshot_list

KEPT = 2
ARCHIVE_ALLOWANCE = 2_000_000
"""Most commands that the journal keeps for an archive that has stopped."""

log = logging.getLogger(__name__)


class SnapshotWriter:
    """Takes a snapshot every `interval` commands. `connect` opens a connection for the child."""

    def __init__(self, client: Redis, connect: Callable[[], Redis], interval: int) -> None:
        self._client = client
        self._connect = connect
        self._interval = interval
        self._keep = client.register_script(
            (Path(__file__).parent / "keep_snapshot.lua").read_text()
        )
        self._last = 0
        self._child = 0
        self._sequence = 0

    def abandon(self) -> None:
        """Before a recovery: what a child still writes is not to count any more."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            self._child = 0

    def begin(self) -> None:
        """After a recovery: count from the newest snapshot that there is."""
        self.abandon()
        self._last = next(iter(_read_list(self._client)), 0)

    def advance(self, handler: Handler, owner: bytes) -> None:
        """Start a snapshot where one is due, finish one that is written; never waits.

        Raises Fenced where another engine has taken over.
        """
        if self._child:
            self._finish(owner)
        elif handler.sequence - self._last >= self._interval:
            self._start(handler)

    def _start(self, handler: Handler) -> None:
        started = time.perf_counter()
        self._child = os.fork()
        if self._child == 0:
            _write_and_exit(self._connect, handler)
        self._last = self._sequence = handler.sequence
        pause = (time.perf_counter() - started) * 1000
        log.info("snapshot at sequence %d: the engine paused %.1f ms", self._sequence, pause)

    def _finish(self, owner: bytes) -> None:
        finished, status = os.waitpid(self._child, os.WNOHANG)
        if not finished:
            return
        self._child = 0
        if status != 0:
            log.error("the snapshot at sequence %d failed: status %d", self._sequence, status)
            return
        kept = _read_list(self._client)
        names = [self._sequence, *kept[: KEPT - 1]]
        keys = [channels.STATE, channels.JOURNAL, channels.snapshot_key(self._sequence)]
        keys += [channels.snapshot_key(old) for old in kept[KEPT - 1 :]]
        lists = [_format_list(kept), _format_list(names)]
        if not self._keep(keys=keys, args=[owner, *lists, self._choose_trim(names)]):
            raise Fenced("another engine has taken over")

    def _choose_trim(self, names: list[int]) -> int:
        """The first sequence that the journal must keep."""
        oldest = names[-1] if len(names) == KEPT else 0
        stored = self._client.hget(channels.STATE, channels.STATE_ARCHIVE_SEQUENCE)
        if stored is None:
            return oldest + 1
        archived = int(cast(bytes, stored))
        return min(oldest, max(archived, self._sequence - ARCHIVE_ALLOWANCE)) + 1


def read_snapshots(client: Redis) -> Iterator[Snapshot]:
    """Those that can be read, newest first."""
    for sequence in _read_list(client):
        raw = cast(bytes | None, client.get(channels.snapshot_key(sequence)))
        try:
            yield decode_snapshot(raw or b"")
        except ValueError as error:
            log.warning("the snapshot at sequence %d is of no use: %s", sequence, error)


def delete_orphans(client: Redis) -> None:
    """Remove snapshots that were written but never counted."""
    counted = {channels.snapshot_key(sequence).encode() for sequence in _read_list(client)}
    for key in client.scan_iter(channels.snapshot_key_pattern()):
        if key not in counted:
            client.unlink(key)


def _read_list(client: Redis) -> list[int]:
    stored = client.hget(channels.STATE, channels.STATE_SNAPSHOTS)
    return parse_snapshot_list(cast(bytes | None, stored))


def _format_list(sequences: list[int]) -> str:
    return ",".join(map(str, sequences))


def _write_and_exit(connect: Callable[[], Redis], handler: Handler) -> None:
    """In the child: nothing of the parent's may run on, whatever happens."""
    status = 1
    try:
        snapshot = handler.export()
        key = channels.snapshot_key(snapshot.sequence)
        write_anyway(connect(), "SET", key, encode_snapshot(snapshot))
        status = 0
    except Exception:
        log.exception("snapshot")
    finally:
        os._exit(status)
