"""A lock that the operating system gives back when its owner dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def hold_lock(path: Path, *, wait: bool) -> Iterator[bool]:
    """Holds the lock file `path`; yields False, without it, where another has it and not `wait`.

    Children do not inherit it.
    """
    with path.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
