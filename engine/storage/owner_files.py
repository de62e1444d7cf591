"""Files with the owner tokens of this machine's engines: a dead one need not be waited for.

Only the wait depends on them: whoever takes over fences the engine before, dead or alive. An engine
is alive as long as its file is locked; the kernel drops the lock with the process. A pid would not
do: containers that share a folder have equal pids, or do not see each other's.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from protocol.run_file import read_boot_id
from protocol.shards import FIRST


class OwnerFiles:
    """One file in `folder` for each engine that owns a state; none if `folder` is None.

    `prefix` begins the names of the files of this shard's engines, and of no others.
    """

    def __init__(self, folder: Path | None, prefix: str = FIRST.file_prefix) -> None:
        self._folder = folder
        self._prefix = prefix
        self._path: Path | None = None
        self._file = -1
        os.register_at_fork(after_in_child=self._close)  # a child must not keep the lock

    def write(self, owner: bytes) -> None:
        """Note that this process owns the state as `owner`, and that no dead one does."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):  # on a full disk the next engine waits for the lease
            self.remove()
            for path, _ in self._list_dead():
                path.unlink(missing_ok=True)
            self._write(self._folder, owner)

    def list_dead(self) -> list[bytes]:
        """List the tokens of processes that are gone."""
        with contextlib.suppress(OSError):
            return [token for _, token in self._list_dead()]
        return []

    def remove(self) -> None:
        """Remove this process's file, once it has given the state back."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
        self._path = None
        self._close()

    def _write(self, folder: Path, owner: bytes) -> None:
        """Lock the file before it has its name, so that nobody takes it for a dead engine's."""
        name = owner.rpartition(b":")[2].decode()
        unnamed = folder / f"{self._prefix}{name}.new"
        self._file = os.open(unnamed, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        os.write(self._file, read_boot_id().encode() + b" " + owner)
        self._path = unnamed.rename(unnamed.with_suffix(".owner"))

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1

    def _list_dead(self) -> Iterator[tuple[Path, bytes]]:
        for path in self._folder.glob(f"{self._prefix}*.owner") if self._folder else ():
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                boot_id, _, token = file.read().partition(b" ")
                # a lock says nothing about another machine that shares the folder
                if boot_id == read_boot_id().encode() and not _is_locked(file.fileno()):
                    yield path, token


def _is_locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
