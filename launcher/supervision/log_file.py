"""The log of a service, which writes straight into a file, so that no reader can stall it.

The launcher copies new lines to the terminal. A file that has reached MAX_BYTES is emptied; its
last MAX_BYTES are kept, once, as `<name>.1`. Lines written in that instant may be lost.
"""

import os
from collections import deque
from contextlib import suppress
from pathlib import Path

MAX_BYTES = 8 << 20
_READ_BYTES = 1 << 20
_TAIL_LINES = 12


class LogFile:
    """A log that grows at its end; `tail` holds the last lines that were read from it."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._max_bytes = max_bytes
        # appending, so that the writer goes on at the start of a file that was emptied
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        self._position = os.fstat(self.descriptor).st_size
        self._partial = b""
        self.tail: deque[str] = deque(maxlen=_TAIL_LINES)

    def read_new_lines(self) -> list[str]:
        """Return the complete lines since the last call, at most 1 MB; empty a file that is full.

        If more has come than may be kept, all but the newest is passed over.
        """
        size = os.fstat(self.descriptor).st_size
        if size - self._position > self._max_bytes:
            self._position = size - _READ_BYTES
        block = os.pread(self.descriptor, _READ_BYTES, self._position)
        self._position += len(block)
        *lines, self._partial = (self._partial + block).split(b"\n")
        self._partial = self._partial[-_READ_BYTES:]
        texts = [line.decode(errors="replace") for line in lines]
        self.tail.extend(texts)
        if size <= self._position and self._position > self._max_bytes:
            self._empty()
        return texts

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)

    def _empty(self) -> None:
        newest = os.pread(
            self.descriptor, self._max_bytes, max(0, self._position - self._max_bytes)
        )
        with suppress(OSError):  # on a full disk nothing of it is kept
            self._path.with_name(f"{self._path.name}.1").write_bytes(newest)
        os.ftruncate(self.descriptor, 0)
        self._position = 0
