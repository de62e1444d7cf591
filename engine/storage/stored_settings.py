"""What an exchange is made of before its first command, as the stored state has it."""

from collections.abc import Mapping
from typing import NamedTuple, Self, cast

from redis import Redis

from engine.exchange.exchange import Exchange
from engine.storage.state import decode_instruments, decode_level
from protocol import channels
from protocol.exchange_clock import decode_mode
from protocol.limits import DEFAULT_CLOSED_ORDERS
from protocol.shards import FIRST, ShardNames

FIELDS = (
    channels.STATE_ID_KEY,
    channels.STATE_INSTRUMENTS,
    channels.STATE_CLOSED_ORDERS,
    channels.STATE_LEVEL,
    channels.STATE_CLOCK_MODE,
)


class StoredSettings(NamedTuple):
    """The fields of the state that a replay depends on, as they are stored; None if missing."""

    id_key: bytes | None
    instruments: bytes | None
    closed_orders: bytes | None
    level: bytes | None
    clock_mode: bytes | None

    @classmethod
    def of(cls, state: Mapping[bytes, bytes]) -> Self:
        """Choose them from the whole state."""
        return cls(*(state.get(field.encode()) for field in FIELDS))

    @classmethod
    def read(cls, client: Redis, names: ShardNames = FIRST) -> Self:
        """Read them."""
        return cls(*cast(list[bytes | None], client.hmget(names.state, list(FIELDS))))

    @property
    def is_begun(self) -> bool:
        """Whether an engine has settled all of them."""
        return self.id_key is not None and self.instruments is not None

    def make_exchange(self, shard: int) -> Exchange:
        """Make the exchange before its first command; ValueError if it is a later version's."""
        return Exchange(
            decode_instruments(self.instruments).to_instruments(),
            bytes.fromhex((self.id_key or b"").decode()),
            int(self.closed_orders or DEFAULT_CLOSED_ORDERS),
            decode_level(self.level),
            decode_mode(self.clock_mode).is_manual,
            shard,
        )
