"""WebSocket text frames as a server sends them, and whole frames as it gets them."""

from websockets.frames import apply_mask  # type: ignore[attr-defined]

_SHORT, _LONG = 126, 1 << 16
_WHOLE_TEXT = 0x81
_MASKED, _MASK_BYTES = 0x80, 4
MAX_KEPT_BYTES = 4_096
"""A longer frame is not waited for: to put it together piece by piece would copy it again and
again."""


def frame_text(content: bytes) -> bytes:
    """Make a whole WebSocket text frame of an encoded message."""
    size = len(content)
    if size < _SHORT:
        return b"\x81%c%b" % (size, content)
    if size < _LONG:
        return b"\x81\x7e%b%b" % (size.to_bytes(2), content)
    return b"\x81\x7f%b%b" % (size.to_bytes(8), content)


class UnusualFrame(Exception):
    """A fragment, a long frame that comes in pieces, or what is against the rules."""


def find_end(data: bytes, at: int) -> int:
    """Return where the client's frame at `at` ends; 0 if that is not there yet.

    Raise UnusualFrame for what the library has to read from here on.
    """
    size = len(data)
    if size < at + 2:
        return 0
    if data[at] < _WHOLE_TEXT:
        raise UnusualFrame
    length = data[at + 1] - _MASKED
    end = at + 2 + _MASK_BYTES + length
    if length >= _SHORT:
        if size < at + 4:
            return 0
        end = at + 4 + _MASK_BYTES + int.from_bytes(data[at + 2 : at + 4])
    if not 0 <= length <= _SHORT or (end > size and end - at > MAX_KEPT_BYTES):
        raise UnusualFrame
    return end if end <= size else 0


def read_text(data: bytes, at: int, end: int) -> bytes | None:
    """Return the content of a whole frame if it is a text."""
    if data[at] != _WHOLE_TEXT:
        return None
    start = at + (2 if data[at + 1] - _MASKED < _SHORT else 4) + _MASK_BYTES
    return apply_mask(data[start:end], data[start - _MASK_BYTES : start])
