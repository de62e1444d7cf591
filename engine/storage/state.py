"""The stored settings of an exchange: what must be known before its first command."""

import logging
import secrets
from collections.abc import Sequence
from typing import cast

import msgspec
from redis import Redis

from engine.exchange.levels import NEWEST, Level, UnknownLevel, find_level
from engine.storage.writes import write_anyway
from protocol import PROTOCOL_VERSION, channels, codec
from protocol.instrument import Instrument, InstrumentSpecification, InstrumentTable

logger = logging.getLogger(__name__)


class StateConflict(Exception):
    """The stored state and the settings contradict each other."""


def load_id_key(client: Redis) -> bytes:
    """Load the exchange's key for order ids; make it if there is none."""
    _keep_first(client, channels.STATE_ID_KEY, secrets.token_hex(32))
    key = cast(bytes, client.hget(channels.STATE, channels.STATE_ID_KEY))
    return bytes.fromhex(key.decode())


def check_protocol(client: Redis) -> None:
    """Mark the state with the protocol's version; raise StateConflict if it has another."""
    _keep_first(client, channels.STATE_PROTOCOL, PROTOCOL_VERSION)
    stored = int(cast(bytes, client.hget(channels.STATE, channels.STATE_PROTOCOL)))
    if stored != PROTOCOL_VERSION:
        raise StateConflict(
            f"the data was written under protocol {stored}, this is protocol {PROTOCOL_VERSION}:"
            " use the version that wrote it, or start empty (python start_system.py reset)"
        )


def settle_instruments(client: Redis, configured: Sequence[Instrument]) -> list[Instrument]:
    """Put the instruments in their stored order, new ones at the end; store and return them.

    Raises StateConflict if a stored one is missing, or has another tick or lot: the journal is in
    ticks and lots and would mean something else.
    """
    fields = client.hmget(channels.STATE, [channels.STATE_INSTRUMENTS, channels.STATE_SEQUENCE])
    raw, sequence = cast(list[bytes | None], fields)
    stored = decode_instruments(raw)
    by_symbol = {instrument.symbol: instrument.specification for instrument in configured}
    settled = [_match(old, by_symbol.pop(old.symbol, None)) for old in stored.instruments]
    listed_after = stored.listed_after | dict.fromkeys(by_symbol, int(sequence or 0))
    table = InstrumentTable([*settled, *by_symbol.values()], listed_after)
    write_anyway(client, "HSET", channels.STATE, channels.STATE_INSTRUMENTS, codec.encode(table))
    return table.to_instruments()


def settle_closed_limit(client: Redis, configured: int) -> int:
    """Return how many closed orders are remembered: as configured when the exchange began.

    With another number, a replay of the journal would refuse, or take, other repeats.
    """
    _keep_first(client, channels.STATE_CLOSED_ORDERS, configured)
    stored = int(cast(bytes, client.hget(channels.STATE, channels.STATE_CLOSED_ORDERS)))
    if stored != configured:
        logger.warning("CLOSED_ORDERS stays %d, as it was when this exchange began", stored)
    return stored


def settle_level(client: Redis) -> Level:
    """Return the level at which the exchange began, the newest if it begins now.

    Raises StateConflict if that is a later version's.
    """
    if not client.hexists(channels.STATE, channels.STATE_SEQUENCE):
        _keep_first(client, channels.STATE_LEVEL, int(NEWEST))
    stored = cast(bytes | None, client.hget(channels.STATE, channels.STATE_LEVEL))
    try:
        return decode_level(stored)
    except UnknownLevel as unknown:
        raise conflict_of(unknown) from unknown


def conflict_of(unknown: UnknownLevel) -> StateConflict:
    """Say what the operator can do about a later version's data."""
    return StateConflict(
        f"a later version wrote the data ({unknown}): use that version,"
        " or start empty (python start_system.py reset)"
    )


def decode_level(raw: bytes | None) -> Level:
    """Decode the stored level, the first if nothing is stored; raise UnknownLevel."""
    return find_level(int(raw or Level.FIRST))


def decode_instruments(raw: bytes | None) -> InstrumentTable:
    """Decode the stored table; an empty one if nothing is stored."""
    return InstrumentTable([]) if raw is None else msgspec.json.decode(raw, type=InstrumentTable)


def _keep_first(client: Redis, field: str, value: str | int) -> None:
    write_anyway(client, "HSETNX", channels.STATE, field, value)


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
