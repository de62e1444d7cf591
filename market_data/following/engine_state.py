"""What the engine's state in Redis says about its channels."""

from collections.abc import Sequence
from typing import NamedTuple, Self

import msgspec

from protocol.channels import (
    BBO_UPDATES,
    CLOCK_MOVES,
    ORDER_BOOK_UPDATES,
    RESETS,
    STATE_CLOCK,
    STATE_CLOCK_MODE,
    STATE_CONFIRMED,
    STATE_ID_KEY,
    STATE_PHASES,
    STATE_SEQUENCE,
    STATE_SNAPSHOTS,
    TRADE_EVENTS,
    last_sequence_field,
)
from protocol.exchange_id import derive_exchange_id
from protocol.snapshot import parse_snapshot_list

PUBLIC_CHANNELS = (TRADE_EVENTS, ORDER_BOOK_UPDATES, BBO_UPDATES)
"""The channels of the market's events, in the order in which a commit publishes on them."""
FOLLOWED_CHANNELS = (*PUBLIC_CHANNELS, CLOCK_MOVES, RESETS)
"""The channels that the feed follows."""

STATE_FIELDS = (
    STATE_SEQUENCE,
    STATE_ID_KEY,
    STATE_SNAPSHOTS,
    STATE_CLOCK_MODE,
    STATE_CLOCK,
    STATE_PHASES,
    *map(last_sequence_field, PUBLIC_CHANNELS),
)
CLUSTER_STATE_FIELDS = (STATE_CONFIRMED, *STATE_FIELDS[1:])
"""The same on a cluster: what no replica has yet may never have been."""


class EngineState(NamedTuple):
    """The last commit's sequence, each channel's last sequence, and the snapshots there are.

    `snapshots` has their sequences, newest first. `id_key` differs for an exchange that began anew
    in an emptied folder; it is a secret. `clock_mode` and `clock` are for `ExchangeTime`.
    `phases` are those of the instruments that are not `continuous`, None: the engine has not said.
    """

    sequence: int
    id_key: bytes | None
    last: dict[str, int]
    snapshots: list[int]
    clock_mode: bytes | None = None
    clock: bytes | None = None
    phases: dict[str, str] | None = None

    @property
    def exchange_id(self) -> str | None:
        """The public id; None before the exchange has begun."""
        return None if self.id_key is None else derive_exchange_id(self.id_key)

    @classmethod
    def of(cls, values: Sequence[bytes | None]) -> Self:
        """Make it of the values of `STATE_FIELDS`; raise ValueError if one is no number."""
        sequence, id_key, snapshots, clock_mode, clock, phases, *last = values
        numbers = [int(value or 0) for value in last]
        by_channel = dict(zip(PUBLIC_CHANNELS, numbers, strict=True))
        newest_first = parse_snapshot_list(snapshots)
        return cls(
            int(sequence or 0), id_key, by_channel, newest_first, clock_mode, clock,
            None if phases is None else _read_phases(phases),
        )  # fmt: skip


def _read_phases(text: bytes) -> dict[str, str]:
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError as error:
        raise ValueError(f"the state's phases: {error}") from None
