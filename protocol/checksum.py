"""The checksum with which a reader proves that its book is the exchange's."""

from collections.abc import Iterable
from zlib import crc32

from protocol.events import Level

CHECKSUM_LEVELS = 10
"""How many levels of each side the checksum covers."""


def compute_checksum(bids: Iterable[Level], asks: Iterable[Level]) -> int:
    """Return the CRC-32 of the top ten asks, then the top ten bids, each best first.

    Each level is its price then its quantity, without the point and then without leading zeros:
    PROTOCOL.md, section 6. The caller passes at most `CHECKSUM_LEVELS` levels a side.
    """
    return crc32(checksum_text(bids, asks).encode())


def checksum_text(bids: Iterable[Level], asks: Iterable[Level]) -> str:
    """Return the text that the checksum is computed from."""
    return "".join(_strip(text) for side in (asks, bids) for level in side for text in level)


def _strip(text: str) -> str:
    return text.replace(".", "").lstrip("0")
