"""Owner tokens of the engines on this machine: one that has died need not be waited for.

Only the wait depends on it: whoever takes over fences the engine before, dead or alive.
"""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from engine.crash_mark import is_alive

_PATTERN = "engine-*.owner"


class OwnerFiles:
    """A file for each engine that owns a state, in `folder`; where that is None there are none."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def write(self, owner: bytes) -> None:
        """Note that this process owns the state as `owner`, and that no dead one does."""
        if self._folder is None:
            return
        with contextlib.suppress(OSError):  # on a full disk the next engine waits for the lease
            for path in self._list_dead():
                path.unlink(missing_ok=True)
            self._own(self._folder).write_bytes(owner)

    def list_dead(self) -> list[bytes]:
        """Tokens of processes that are gone."""
        with contextlib.suppress(OSError):
            return [path.read_bytes() for path in self._list_dead()]
        return []

    def remove(self) -> None:
        """For a process that gives the state back."""
        if self._folder is not None:
            with contextlib.suppress(OSError):
                self._own(self._folder).unlink()

    def _list_dead(self) -> Iterator[Path]:
        for path in self._folder.glob(_PATTERN) if self._folder else ():
            pid = int(path.stem.rpartition("-")[2])
            if pid == os.getpid() or not is_alive(pid):  # a container gives the same pid again
                yield path

    @staticmethod
    def _own(folder: Path) -> Path:
        return folder / f"engine-{os.getpid()}.owner"
