"""Entries that the engine itself puts into the list."""

from engine.exchange.levels import NEWEST, Level
from engine.exchange.transfers import Sent
from protocol import codec
from protocol.assets import LedgerSettings
from protocol.commands import QueueEntry
from protocol.enums import CommandType, Reason
from protocol.limits import TradingLimits
from protocol.refusal import Refusal
from protocol.timestamps import parse_timestamp


def make_timer_entry(elapsed: int) -> bytes:
    """Make the entry that lets the timers ring that are due by `elapsed` (microseconds)."""
    return codec.encode(QueueEntry(command=CommandType.EXPIRE_TIMERS, elapsed=elapsed))


def make_advance(elapsed: int) -> bytes:
    """Make the entry that moves a manual clock on by `elapsed` microseconds."""
    return codec.encode(QueueEntry(command=CommandType.ADVANCE, elapsed=elapsed))


def make_configuration(limits: TradingLimits, ledger: LedgerSettings | None = None) -> bytes:
    """Make the entry that puts `limits` and `ledger` in force, and begins the newest level."""
    return codec.encode(
        QueueEntry(command=CommandType.CONFIGURE, limits=limits, level=NEWEST, ledger=ledger)
    )


def make_receipt(sent: Sent, amount: str, shard: int) -> bytes:
    """Make the entry that gives the receiver what `shard` has sent: `amount` of the asset."""
    return codec.encode(
        QueueEntry(
            command=CommandType.RECEIVE_TRANSFER,
            account=sent.transfer.account,
            asset=sent.transfer.asset,
            amount=amount,
            id=sent.transfer.id,
            shard=shard,
            transfer=sent.number,
        )
    )


def make_close(shard: int, number: int) -> bytes:
    """Make the entry that forgets the transfers up to `number`, which `shard` has received."""
    return codec.encode(
        QueueEntry(command=CommandType.CLOSE_TRANSFERS, shard=shard, transfer=number)
    )


def read_due(entry: QueueEntry, level: Level, now: int) -> int:
    """Read up to when timers ring by a timer entry, which is taken at `now`; Refusal if it is bad.

    Before elapsed time is counted the entry says when it was made, or means now.
    """
    if level >= Level.ELAPSED:
        if entry.elapsed is None:
            raise Refusal(Reason.INVALID_COMMAND, "elapsed", "elapsed is required")
        return entry.elapsed
    try:
        return now if entry.received_at is None else parse_timestamp(entry.received_at)
    except ValueError:
        raise Refusal(
            Reason.INVALID_COMMAND, "received_at", "received_at is not a timestamp"
        ) from None
