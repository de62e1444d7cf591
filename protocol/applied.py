"""What a follower of a channel has believed, so that a forged message is found by the true one."""

from protocol.journal import MAX_VALUE_BYTES

MESSAGES_REMEMBERED = 4_096
"""Of each channel, to be compared with what comes late."""


class Applied:
    """The last messages that were applied on a channel: the hash of each by its sequence.

    Python's hash of bytes has a key of the process, so nobody else can make two alike. A message
    that is too long to be published comes as a notice without events: that is no contradiction.
    """

    __slots__ = ("_hashes", "_long", "_since")

    def __init__(self, since: int) -> None:
        self._since = since
        self._hashes: dict[int, int] = {}
        self._long: set[int] = set()

    def add(self, sequence: int, data: bytes) -> None:
        """Note the next message."""
        self._hashes[sequence] = hash(data)
        if len(data) > MAX_VALUE_BYTES:
            self._long.add(sequence)
        if len(self._hashes) > MESSAGES_REMEMBERED:
            self._since = next(iter(self._hashes))
            del self._hashes[self._since]
            self._long.discard(self._since)

    def contradict(self, sequence: int, data: bytes, *, is_notice: bool = False) -> bool:
        """Whether something else was applied in the place of this message, as far as is known."""
        if is_notice and sequence in self._long:
            return False
        return sequence > self._since and self._hashes.get(sequence) != hash(data)
