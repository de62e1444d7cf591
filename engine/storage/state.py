"""The stored settings of an exchange: what must be known before its first command."""

import logging
from collections.abc import Sequence
from typing import NamedTuple, cast

import msgspec
from redis import Redis

from engine.exchange.levels import NEWEST, Level, UnknownLevel, find_level
from engine.storage.writes import write_anyway
from protocol import PROTOCOL_VERSION, channels, codec
from protocol.exchange_clock import REAL, ClockMode, decode_mode
from protocol.exchange_id import derive_shard_key, make_id_key
from protocol.instrument import Instrument, InstrumentSpecification, InstrumentTable
from protocol.shards import FIRST, ShardNames

logger = logging.getLogger(__name__)


class Birth(NamedTuple):
    """What is fixed when an exchange begins.

    How its time goes; whether a `reset` begins it anew; what its keys for order ids are made of,
    None if they are drawn; whether it has several shards.
    """

    clock: ClockMode = REAL
    is_ephemeral: bool = False
    seed: str | None = None
    has_shards: bool = False


class StateConflict(Exception):
    """The stored state and the settings contradict each other."""


def load_id_key(
    client: Redis,
    birth: Birth = Birth(),  # noqa: B008 - it cannot change
    names: ShardNames = FIRST,
    first: Redis | None = None,
) -> bytes:
    """Load the shard's key for order ids; make it, and that of the exchange, if there is none.

    `first` is a client of the Redis that has the first shard, if it is another.
    Raises StateConflict if the shard was another exchange's.
    """
    first = first or client
    key = _settle_key(first, make_id_key(birth.seed, has_shards=birth.has_shards), FIRST)
    if names.shard == 1:
        return key
    _check_companionable(first)
    made = derive_shard_key(key, names.shard)
    if _settle_key(client, made, names) != made:
        raise StateConflict(
            f"shard {names.shard} is that of another exchange than shard 1:"
            " bring back the data of both, or start empty (python start_system.py reset)"
        )
    return made


def _check_companionable(client: Redis) -> None:
    """Raise StateConflict if the first shard is of an exchange that has only that one."""
    if client.hexists(FIRST.state, channels.STATE_EPHEMERAL):
        raise StateConflict("an exchange that began with EPHEMERAL=on has shard 1 alone")
    mode = read_clock_mode(client)
    if mode != REAL:
        raise StateConflict(f"an exchange that began with CLOCK={mode} has shard 1 alone")


def _settle_key(client: Redis, made: bytes, names: ShardNames) -> bytes:
    _keep_first(client, channels.STATE_ID_KEY, made.hex(), names)
    key = cast(bytes, client.hget(names.state, channels.STATE_ID_KEY))
    return bytes.fromhex(key.decode())


def check_protocol(client: Redis, names: ShardNames = FIRST) -> None:
    """Mark the state with the protocol's version; raise StateConflict if it has another."""
    _keep_first(client, channels.STATE_PROTOCOL, PROTOCOL_VERSION, names)
    stored = int(cast(bytes, client.hget(names.state, channels.STATE_PROTOCOL)))
    if stored != PROTOCOL_VERSION:
        raise StateConflict(
            f"the data was written under protocol {stored}, this is protocol {PROTOCOL_VERSION}:"
            " use the version that wrote it, or start empty (python start_system.py reset)"
        )


def settle_instruments(
    client: Redis, configured: Sequence[Instrument], names: ShardNames = FIRST
) -> list[Instrument]:
    """Put the instruments in their stored order, new ones at the end; store and return them.

    Raises StateConflict if a stored one is missing, or has another tick or lot: the journal is in
    ticks and lots and would mean something else.
    """
    fields = client.hmget(names.state, [channels.STATE_INSTRUMENTS, channels.STATE_SEQUENCE])
    raw, sequence = cast(list[bytes | None], fields)
    stored = decode_instruments(raw)
    by_symbol = {instrument.symbol: instrument.specification for instrument in configured}
    settled = [
        _match(old, by_symbol.pop(old.symbol, None), names.shard) for old in stored.instruments
    ]
    listed_after = stored.listed_after | dict.fromkeys(by_symbol, int(sequence or 0))
    table = InstrumentTable([*settled, *by_symbol.values()], listed_after)
    write_anyway(client, "HSET", names.state, channels.STATE_INSTRUMENTS, codec.encode(table))
    return table.to_instruments()


def settle_closed_limit(client: Redis, configured: int, names: ShardNames = FIRST) -> int:
    """Return how many closed orders are remembered: as configured when the exchange began.

    With another number, a replay of the journal would refuse, or take, other repeats.
    """
    _keep_first(client, channels.STATE_CLOSED_ORDERS, configured, names)
    stored = int(cast(bytes, client.hget(names.state, channels.STATE_CLOSED_ORDERS)))
    if stored != configured:
        logger.warning("CLOSED_ORDERS stays %d, as it was when this exchange began", stored)
    return stored


def settle_birth(client: Redis, configured: Birth, names: ShardNames = FIRST) -> ClockMode:
    """Store what is fixed when an exchange begins, if it begins now; return how its time goes.

    With another clock later on, its stamps would leap, and nothing would happen when it is due.
    """
    if not client.hexists(names.state, channels.STATE_SEQUENCE):
        _keep_first(client, channels.STATE_CLOCK_MODE, str(configured.clock), names)
        if configured.is_ephemeral:
            _keep_first(client, channels.STATE_EPHEMERAL, 1, names)
        if configured.seed is not None:
            _keep_first(client, channels.STATE_SEED, configured.seed, names)
    stored = read_clock_mode(client, names)
    if stored != configured.clock:
        logger.warning("CLOCK stays %s, as it was when this exchange began", stored)
    return stored


def read_clock_mode(client: Redis, names: ShardNames = FIRST) -> ClockMode:
    """Read how the exchange's time goes; raise StateConflict if a later version wrote it."""
    raw = cast(bytes | None, client.hget(names.state, channels.STATE_CLOCK_MODE))
    try:
        return decode_mode(raw)
    except ValueError as unknown:
        raise StateConflict(f"the data has a clock that is not known here: {unknown}") from None


def settle_level(client: Redis, names: ShardNames = FIRST) -> Level:
    """Return the level at which the exchange began, the newest if it begins now.

    Raises StateConflict if that is a later version's.
    """
    if not client.hexists(names.state, channels.STATE_SEQUENCE):
        _keep_first(client, channels.STATE_LEVEL, int(NEWEST), names)
    stored = cast(bytes | None, client.hget(names.state, channels.STATE_LEVEL))
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


def _keep_first(client: Redis, field: str, value: str | int, names: ShardNames) -> None:
    write_anyway(client, "HSETNX", names.state, field, value)


def _match(
    old: InstrumentSpecification, new: InstrumentSpecification | None, shard: int
) -> InstrumentSpecification:
    way_out = (
        f"put it back in the instruments file, on shard {shard},"
        " or start empty (python start_system.py reset)"
    )
    if new is None:
        raise StateConflict(f"instrument {old.symbol} has a history here but is gone: {way_out}")
    if (old.tick_size, old.lot_size) != (new.tick_size, new.lot_size):
        raise StateConflict(
            f"{old.symbol} was traded with tick {old.tick_size} and lot {old.lot_size}, now it has"
            f" {new.tick_size} and {new.lot_size}: {way_out}"
        )
    return new
