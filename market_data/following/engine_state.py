"""What the engine's state in Redis says about its channels."""

from collections.abc import Sequence
from typing import NamedTuple, Self

from protocol.channels import (
    BBO_UPDATES,
    ORDER_BOOK_UPDATES,
    STATE_ID_KEY,
    STATE_SEQUENCE,
    STATE_SNAPSHOTS,
    TRADE_EVENTS,
    last_sequence_field,
)
from protocol.exchange_id import derive_exchange_id
from protocol.snapshot import parse_snapshot_list

PUBLIC_CHANNELS = (TRADE_EVENTS, ORDER_BOOK_UPDATES, BBO_UPDATES)
"""The channels that the feed follows, in the order in which a commit publishes on them."""

STATE_FIELDS = (
    STATE_SEQUENCE,
    STATE_ID_KEY,
    STATE_SNAPSHOTS,
    *map(last_sequence_field, PUBLIC_CHANNELS),
)


class EngineState(NamedTuple):
    """The last commit's sequence, each channel's last sequence, and the snapshots there are.

    `snapshots` has their sequences, newest first. `id_key` differs for an exchange that began anew
    in an emptied folder; it is a secret.
    """

    sequence: int
    id_key: bytes | None
    last: dict[str, int]
    snapshots: list[int]

    @property
    def exchange_id(self) -> str | None:
        """The public id; None before the exchange has begun."""
        return None if self.id_key is None else derive_exchange_id(self.id_key)

    @classmethod
    def of(cls, values: Sequence[bytes | None]) -> Self:
        """Make it of the values of `STATE_FIELDS`; raise ValueError if one is no number."""
        sequence, id_key, snapshots, *last = values
        numbers = [int(value or 0) for value in last]
        by_channel = dict(zip(PUBLIC_CHANNELS, numbers, strict=True))
        return cls(int(sequence or 0), id_key, by_channel, parse_snapshot_list(snapshots))
