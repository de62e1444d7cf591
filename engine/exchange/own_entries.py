"""Entries that the engine itself puts into the list."""

from protocol import codec
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Reason
from protocol.limits import TradingLimits
from protocol.refusal import Refusal
from protocol.timestamps import format_timestamp, parse_timestamp


def make_tick(now: int) -> bytes:
    """The entry that lets go off what is due at `now`."""
    tick = QueueEntry(command=CommandType.EXPIRE_TIMERS, received_at=format_timestamp(now))
    return codec.encode(tick)


def make_configuration(limits: TradingLimits) -> bytes:
    """The entry that puts `limits` in force."""
    return codec.encode(QueueEntry(command=CommandType.CONFIGURE, limits=limits))


def parse_moment(text: str | None, default: int) -> int:
    """When a tick was made, `default` where it does not say so; raises Refusal for no time."""
    try:
        return default if text is None else parse_timestamp(text)
    except ValueError:
        raise Refusal(
            Reason.INVALID_COMMAND, "received_at", "received_at is not a timestamp"
        ) from None
