"""Reads every change of an account's balances: fills and other changes as one list.

Both are numbered together. A fill is several entries, so an entry's cursor is its number times
_ENTRIES_A_NUMBER, and its place in the fill.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, select

from archive import schema
from archive.amounts import to_text, to_units, value
from archive.money_rows import Pair, read_pairs
from archive.records import LedgerRecord
from protocol.assets import FEES_ACCOUNT
from protocol.enums import LedgerCause, Side
from protocol.timestamps import format_timestamp

_ENTRIES_A_NUMBER = 4
_fills, _changes = schema.fills.c, schema.balance_changes.c


class _Leg(NamedTuple):
    """One change that a fill made."""

    place: int
    account: str
    asset: str
    units: int
    decimals: int
    cause: LedgerCause


def read_entries(
    connection: Connection,
    account: str,
    fills: Select[Any],
    changes: Select[Any],
    limit: int,
    below: int | None,
) -> list[LedgerRecord]:
    """Read the newest entries of the account, of those with a cursor `below`."""
    # what comes in between the two questions must be in neither
    highest = _read_last_number(connection)
    if below is not None:
        highest = min(highest, below // _ENTRIES_A_NUMBER)
    # one more than the limit, for a number that was shown in part
    fills = fills.where(_fills.number <= highest, *_pays(account))
    fills = fills.order_by(_fills.number.desc()).limit(limit + 1)
    changes = changes.where(_changes.number <= highest, _changes.account == account)
    changes = changes.order_by(_changes.number.desc()).limit(limit + 1)
    pairs = read_pairs(connection)
    traded = _list_fills(connection.execute(fills), account, pairs)
    other = (_to_entry(row) for row in connection.execute(changes))
    entries = merge(traded, other, key=_get_cursor, reverse=True)
    wanted = (each for each in entries if below is None or _get_cursor(each) < below)
    return list(islice(wanted, limit))


def _read_last_number(connection: Connection) -> int:
    return connection.execute(select(schema.archive_state.c.last_fill)).scalar_one_or_none() or 0


def _pays(account: str) -> tuple[Any, ...]:
    """Match the settled fills of the account; for that of the fees, all that cost something."""
    if account == FEES_ACCOUNT:
        return (func.ltrim(_fills.commission, "0.") != "",)
    return _fills.account == account, _fills.commission.is_not(None)


def _get_cursor(entry: LedgerRecord) -> int:
    return int(entry.cursor)


def _list_fills(
    fills: Iterable[Row[Any]], account: str, pairs: dict[str, Pair]
) -> Iterator[LedgerRecord]:
    for fill in fills:
        pair = pairs.get(fill.symbol)
        legs = [] if pair is None else [leg for leg in _list_legs(fill, pair) if leg.units]
        for leg in reversed(legs):
            if leg.account == account:
                yield _to_traded(fill, leg)


def _list_legs(fill: Row[Any], pair: Pair) -> Iterator[_Leg]:
    """List what a fill moved: given, received, taken of that, and what the fees got."""
    quantity = to_units(fill.quantity, pair.base_decimals)
    base = pair.base, quantity, pair.base_decimals
    notional = value(fill.price, quantity, pair.base_decimals, pair.quote_decimals)
    quote = pair.quote, notional, pair.quote_decimals
    given, received = (quote, base) if fill.side == Side.BUY else (base, quote)
    commission = to_units(fill.commission, received[2])
    yield _Leg(0, fill.account, given[0], -given[1], given[2], LedgerCause.TRADE)
    yield _Leg(1, fill.account, *received, LedgerCause.TRADE)
    taken = received[0], commission, received[2]
    yield _Leg(2, fill.account, taken[0], -taken[1], taken[2], LedgerCause.COMMISSION)
    yield _Leg(3, FEES_ACCOUNT, *taken, LedgerCause.COMMISSION)


def _to_traded(fill: Row[Any], leg: _Leg) -> LedgerRecord:
    return LedgerRecord(
        str(fill.number * _ENTRIES_A_NUMBER + leg.place), leg.account, leg.asset,
        to_text(leg.units, leg.decimals), leg.cause, None, fill.symbol, fill.trade_id,
        str(fill.order_id), fill.sequence, format_timestamp(fill.timestamp),
    )  # fmt: skip


def _to_entry(row: Row[Any]) -> LedgerRecord:
    return LedgerRecord(
        str(row.number * _ENTRIES_A_NUMBER), row.account, row.asset, row.amount, row.cause, row.id,
        None, None, None, row.sequence, format_timestamp(row.timestamp),
    )  # fmt: skip
