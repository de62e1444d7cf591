"""A lock that the operating system releases when its owner dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_lock(path: Path, *, wait: bool, with_children: bool = False) -> Iterator[bool]:
    """Hold the lock file `path` and yield True; yield False if another has it and not `wait`.

    If `with_children`, the child processes started meanwhile hold it too, even after their parent's
    death. Raises OSError if the file is somebody else's or a link.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    os.set_inheritable(descriptor, with_children)
    with os.fdopen(descriptor, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
