"""Writes and reads the transfers between shards, which two journals tell of.

Of each the archive keeps what its sender told, as a change of a balance. Beside those it keeps what
is on its way: what one shard has sent and another has not received, as far as it is here. Where the
receiver's journal was read first, that is less than nothing until the sender's is.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, insert, select

from archive import schema
from archive.records import TransferRecord
from protocol.enums import BalanceCause, TransferState
from protocol.events import BalanceChanged
from protocol.timestamps import format_timestamp

_on_way, _changes = schema.transfers_on_way.c, schema.balance_changes.c


def write_transfers(connection: Connection, moves: Iterable[BalanceChanged], shard: int) -> None:
    """Add what the shard has sent or received to what is on its way, or take it from there."""
    for move in moves:
        is_sent = move.cause is BalanceCause.SENT
        source, target = (shard, move.shard) if is_sent else (move.shard, shard)
        is_it = and_(
            _on_way.source == source, _on_way.target == target, _on_way.transfer == move.transfer
        )
        if connection.execute(delete(schema.transfers_on_way).where(is_it)).rowcount:
            continue
        connection.execute(
            insert(schema.transfers_on_way).values(
                source=source, target=target, transfer=move.transfer, account=move.account,
                asset=move.asset, amount=_negate(move.amount),
            )
        )  # fmt: skip


def forget_transfers(connection: Connection, shard: int) -> None:
    """Forget what is on its way from or to a shard: a part of its journal was lost."""
    is_of = (_on_way.source == shard) | (_on_way.target == shard)
    connection.execute(delete(schema.transfers_on_way).where(is_of))


def select_transfers(account: str) -> Select[Any]:
    """Select what an account has sent, with what is on its way if it is."""
    is_it = and_(
        _on_way.source == _changes.shard,
        _on_way.target == _changes.other_shard,
        _on_way.transfer == _changes.transfer,
    )
    return (
        select(schema.balance_changes, _on_way.amount.label("on_way"))
        .outerjoin(schema.transfers_on_way, is_it)
        .where(_changes.account == account, _changes.cause == BalanceCause.SENT)
        .order_by(_changes.number.desc())
    )


def to_transfer(row: Row[Any]) -> TransferRecord:
    """Make the record of a row of `select_transfers`."""
    return TransferRecord(
        str(row.number), row.id, row.account, row.asset, _negate(row.amount), row.shard,
        row.other_shard, row.transfer,
        TransferState.RECEIVED if row.on_way is None else TransferState.SENT, row.sequence,
        format_timestamp(row.timestamp),
    )  # fmt: skip


def _negate(amount: str) -> str:
    return amount[1:] if amount.startswith("-") else f"-{amount}"
