"""The engine's stored state: what must be known before the first command."""

import secrets
from collections.abc import Sequence
from typing import cast

import msgspec
from redis import Redis

from protocol import PROTOCOL_VERSION, channels, codec
from protocol.instrument import (
    Instrument,
    InstrumentSpecification,
    InstrumentTable,
    number_instruments,
)


class StateConflict(Exception):
    """The stored state and the settings exclude each other."""


def load_id_key(client: Redis) -> bytes:
    """The exchange's key for order ids, made once by whoever comes first."""
    client.hsetnx(channels.STATE, channels.STATE_ID_KEY, secrets.token_hex(32))
    key = cast(bytes, client.hget(channels.STATE, channels.STATE_ID_KEY))
    return bytes.fromhex(key.decode())


def check_protocol(client: Redis) -> None:
    """Mark the state with the protocol's version; raises StateConflict where it has another."""
    client.hsetnx(channels.STATE, channels.STATE_PROTOCOL, PROTOCOL_VERSION)
    stored = int(cast(bytes, client.hget(channels.STATE, channels.STATE_PROTOCOL)))
    if stored != PROTOCOL_VERSION:
        raise StateConflict(
            f"the data was written under protocol {stored}, this is protocol {PROTOCOL_VERSION}:"
            " use the version that wrote it, or start empty (python start_system.py reset)"
        )


def settle_instruments(client: Redis, configured: Sequence[Instrument]) -> list[Instrument]:
    """The instruments in their stored order, new ones at the end; stores the result.

    Raises StateConflict where a stored one is missing, or has another tick or lot: the journal is
    in ticks and lots and would mean something else.
    """
    raw = cast(bytes | None, client.hget(channels.STATE, channels.STATE_INSTRUMENTS))
    by_symbol = {instrument.symbol: instrument.specification for instrument in configured}
    settled = [_match(old, by_symbol.pop(old.symbol, None)) for old in _decode(raw)]
    settled += by_symbol.values()
    instruments = list(number_instruments(settled).values())
    table = codec.encode(InstrumentTable.of(instruments))
    client.hset(channels.STATE, channels.STATE_INSTRUMENTS, table)
    return instruments


def _decode(raw: bytes | None) -> list[InstrumentSpecification]:
    if raw is None:
        return []
    return msgspec.json.decode(raw, type=InstrumentTable).instruments


def _match(
    old: InstrumentSpecification, new: InstrumentSpecification | None
) -> InstrumentSpecification:
    way_out = "put it back in the instruments file, or start empty (python start_system.py reset)"
    if new is None:
        raise StateConflict(f"instrument {old.symbol} has a history here but is gone: {way_out}")
    if (old.tick_size, old.lot_size) != (new.tick_size, new.lot_size):
        raise StateConflict(
            f"{old.symbol} was traded with tick {old.tick_size} and lot {old.lot_size}, now it has"
            f" {new.tick_size} and {new.lot_size}: {way_out}"
        )
    return new
