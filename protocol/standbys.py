"""The engines that follow a shard's journal, ready to serve it: what they show of themselves."""

from collections.abc import Mapping

import msgspec

from protocol import codec

FRESH_SECONDS = 5
"""A standby shows itself each second; one that has not for so long is gone."""


class Standby(msgspec.Struct):
    """One of them: its machine, its process there, and the sequence that it has reached."""

    host: str
    pid: int
    sequence: int


def encode_standby(standby: Standby) -> bytes:
    """Encode what stands behind the time in a field of the hash."""
    return codec.encode(standby)


def decode_standbys(fields: Mapping[bytes, bytes], now: int) -> list[Standby]:
    """Decode those of the hash that are there `now`, by Redis's clock in whole seconds."""
    found = []
    for value in fields.values():
        seen, _, text = value.partition(b" ")
        if now - int(seen) <= FRESH_SECONDS:
            found.append(msgspec.json.decode(text, type=Standby))
    return sorted(found, key=lambda standby: (standby.host, standby.pid))
