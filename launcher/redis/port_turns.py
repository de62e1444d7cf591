"""One launcher of a user at a time looks for a port and has its Redis take it."""

import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from launcher.setup.file_lock import hold_lock

_TURN_SECONDS = 10.0
_POLL_SECONDS = 0.05
_LOCK = "redis-port.lock"


@contextmanager
def take_turns() -> Iterator[None]:
    """Hold the turn to look for a port.

    If another launcher's turn does not end in time, or there is no safe place for the lock, this
    turn begins all the same; if two then want one port, the second is told that it is taken.
    """
    with ExitStack() as stack:
        with suppress(OSError):
            _wait_for_turn(stack, find_runtime_folder() / _LOCK)
        yield


def find_runtime_folder() -> Path:
    """Return a folder that only this user can enter; raise OSError if none can be had."""
    named = os.environ.get("XDG_RUNTIME_DIR")
    if named and _is_private(Path(named)):
        return Path(named)
    own = Path(tempfile.gettempdir()) / f"goquant-{os.getuid()}"
    with suppress(FileExistsError):
        own.mkdir(mode=0o700)
    if not _is_private(own):
        raise PermissionError(f"{own} is not a folder of this user alone")
    return own


def _is_private(folder: Path) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return is_ours and not found.st_mode & 0o077


def _wait_for_turn(stack: ExitStack, path: Path) -> None:
    deadline = time.monotonic() + _TURN_SECONDS
    while time.monotonic() < deadline:
        with ExitStack() as attempt:
            if attempt.enter_context(hold_lock(path, wait=False)):
                stack.push(attempt.pop_all())
                return
        time.sleep(_POLL_SECONDS)
