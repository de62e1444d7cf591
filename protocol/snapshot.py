"""The snapshot: the state at one sequence, so that nobody has to read the journal before it.

A list `{order_queue}:snapshot:<sequence>` holds a snapshot, as MessagePack in parts of PART_BYTES.
The state's field `snapshots` names those that count, newest first.
"""

import msgspec

from protocol import PROTOCOL_VERSION
from protocol.events import Level

PART_BYTES = 1 << 20
"""Redis serves nobody else while it stores a part, and takes no value above 512 MB."""
PARTS_AT_ONCE = 16
"""How many parts one command reads."""


class BookSnapshot(msgspec.Struct, frozen=True, gc=False):
    """All levels of one symbol, best first, and its counters; before a trade no `last_price`."""

    symbol: str
    last_update_id: int
    last_trade_id: int
    last_price: str | None
    bids: list[Level]
    asks: list[Level]


class Snapshot(msgspec.Struct, frozen=True):
    """The state at `sequence`; `engine` is in the engine's own form, which nobody else reads.

    `last_published` has the sequence of the last message on each channel, `timestamp` is the stamp
    of the last command in microseconds.
    """

    sequence: int
    timestamp: int
    last_published: dict[str, int]
    books: list[BookSnapshot]
    engine: bytes
    protocol: int = PROTOCOL_VERSION


_decoder = msgspec.msgpack.Decoder(Snapshot)
encode_snapshot = msgspec.msgpack.Encoder().encode


def decode_snapshot(raw: bytes) -> Snapshot:
    """Return a snapshot; raises ValueError for damaged bytes, or another protocol version."""
    try:
        snapshot = _decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise ValueError(f"damaged snapshot: {error}") from error
    if snapshot.protocol != PROTOCOL_VERSION:
        raise ValueError(f"snapshot of protocol {snapshot.protocol}, this is {PROTOCOL_VERSION}")
    return snapshot


def parse_snapshot_list(text: bytes | None) -> list[int]:
    """Return the sequences in the state's field, newest first."""
    return [int(part) for part in (text or b"").split(b",") if part]
