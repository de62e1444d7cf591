"""What the commands of the journal say of the strategies of new orders; no report repeats it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from protocol import codec
from protocol.commands import QueueEntry, is_identifier
from protocol.journal import JournalEntry

_WORD = b"strategy"


class OrderKey(NamedTuple):
    """A new order: the sequence of its command, whose it is, and its name."""

    sequence: int
    account: str
    client_order_id: str | None


def list_strategies(entry: JournalEntry) -> Mapping[OrderKey, str]:
    """Return the strategies of new orders; whoever pushes by hand may have sent anything."""
    if _WORD not in entry.commands:
        return {}
    return {
        OrderKey(sequence, account, name): strategy
        for sequence, raw in enumerate(codec.split_entries(entry.commands), entry.previous + 1)
        for account, name, strategy in _read(raw)
        if isinstance(strategy, str) and is_identifier(strategy) and isinstance(name, str | None)
    }


def _read(raw: bytes) -> Iterator[tuple[str, Any, Any]]:
    """Return account, name and strategy of each order that a command brings."""
    try:
        command: QueueEntry = codec.decode_entry(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    yield command.account, command.client_order_id, command.strategy
    for order in command.orders if isinstance(command.orders, list) else ():
        if isinstance(order, dict):
            yield command.account, order.get("client_order_id"), order.get("strategy")
