"""WebSocket text frames as a server sends them."""

_SHORT, _LONG = 126, 1 << 16


def frame_text(content: bytes) -> bytes:
    """Make a whole WebSocket text frame of an encoded message."""
    size = len(content)
    if size < _SHORT:
        return b"\x81%c%b" % (size, content)
    if size < _LONG:
        return b"\x81\x7e%b%b" % (size.to_bytes(2), content)
    return b"\x81\x7f%b%b" % (size.to_bytes(8), content)
