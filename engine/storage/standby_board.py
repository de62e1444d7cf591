"""Shows a standby to whoever asks for the state of the system."""

import os
import secrets
import socket
import time
from pathlib import Path

from redis import Redis

from protocol.shards import FIRST, ShardNames
from protocol.standbys import FRESH_SECONDS, Standby, encode_standby

SECONDS_BETWEEN_WRITES = 1.0
_SHOW = (Path(__file__).parent / "show_standby.lua").read_text()


class StandbyBoard:
    """The field of this process in the hash of a shard's standbys."""

    def __init__(self, client: Redis, names: ShardNames = FIRST) -> None:
        self._keys = [names.standbys]
        self._show = client.register_script(_SHOW)
        self._nonce = secrets.token_hex(8)
        self._due = 0.0

    def show(self, sequence: int) -> None:
        """Show once a second that there is one, and how far it has come."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + SECONDS_BETWEEN_WRITES
        self._write(encode_standby(Standby(socket.gethostname(), os.getpid(), sequence)))

    def clear(self) -> None:
        """Show that it is none any more, if it has been shown."""
        if self._due:
            self._write(b"")
        self._due = 0.0

    def _write(self, text: bytes) -> None:
        self._show(keys=self._keys, args=[self._nonce, text, FRESH_SECONDS])
