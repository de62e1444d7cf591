"""The engine's own part of a snapshot."""

import msgspec

from engine.orders import StoredOrder
from protocol.limits import TradingLimits


class StoredEngine(msgspec.Struct, array_like=True, gc=False):
    """The core's bytes, and what the handler knows beside them.

    Closed orders oldest first; `halted` are instruments' indices, `timers` deadlines in
    microseconds by account.
    """

    core: bytes
    open: list[StoredOrder]
    closed: list[StoredOrder]
    accounts: list[str]
    entries_to_clear: int
    limits: TradingLimits = TradingLimits()
    halted: list[int] = []
    timers: dict[str, int] = {}


_decoder = msgspec.msgpack.Decoder(StoredEngine)
encode_engine = msgspec.msgpack.Encoder().encode


def decode_engine(raw: bytes) -> StoredEngine:
    """Raises ValueError for damaged bytes."""
    try:
        return _decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise ValueError(f"damaged snapshot: {error}") from error
