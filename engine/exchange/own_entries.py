"""Entries that the engine itself puts into the list."""

from engine.exchange.levels import NEWEST
from protocol import codec
from protocol.assets import LedgerSettings
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Reason
from protocol.limits import TradingLimits
from protocol.refusal import Refusal
from protocol.timestamps import format_timestamp, parse_timestamp


def make_timer_entry(now: int) -> bytes:
    """Make the entry that lets the timers ring that are due at `now`."""
    entry = QueueEntry(command=CommandType.EXPIRE_TIMERS, received_at=format_timestamp(now))
    return codec.encode(entry)


def make_configuration(limits: TradingLimits, ledger: LedgerSettings | None = None) -> bytes:
    """Make the entry that puts `limits` and `ledger` in force, and begins the newest level."""
    return codec.encode(
        QueueEntry(command=CommandType.CONFIGURE, limits=limits, level=NEWEST, ledger=ledger)
    )


def parse_received_at(text: str | None, default: int) -> int:
    """Read when a timer entry was made, `default` if it does not say; Refusal if it is bad."""
    try:
        return default if text is None else parse_timestamp(text)
    except ValueError:
        raise Refusal(
            Reason.INVALID_COMMAND, "received_at", "received_at is not a timestamp"
        ) from None
