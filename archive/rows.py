"""Rows → records: ids and times become strings, as at the public edges."""

from typing import Any

from sqlalchemy import Row

from archive import schema
from archive.records import AmendmentRecord, FillRecord, Gap, OrderRecord, TradeRecord
from protocol.canceled_quantity import derive_canceled
from protocol.events import ReportedList
from protocol.timestamps import format_timestamp

ORDER_COLUMNS = list(schema.orders.columns)


def to_order(row: Row[Any]) -> OrderRecord:
    """Make the record of a row of `orders`."""
    (
        number, order_id, client_order_id, account, symbol, side, order_type, price, stop_price,
        triggered, quantity, filled_quantity, remaining_quantity, filled_notional, average_price,
        status, reason, sequence, opened_at, updated_at, is_uncertain, exchange_number,
        execution_number, time_in_force, expires_at, display_quantity, quote_quantity,
        prevented_quantity, self_trade_prevention, working_since, list_id, list_type,
        client_list_id, list_orders, list_state, reject_if_triggered, trailing_offset,
        trailing_offset_type, activation_price, trailing_since, cancel_id, strategy,
    ) = tuple(row)  # fmt: skip
    return OrderRecord(
        str(number), str(order_id), client_order_id, account, symbol, side, order_type, price,
        stop_price, triggered, quantity, filled_quantity, remaining_quantity,
        derive_canceled(status, quantity, filled_quantity, prevented_quantity), filled_notional,
        average_price,
        status, reason, sequence, format_timestamp(opened_at), format_timestamp(updated_at),
        is_uncertain, exchange_number, execution_number, time_in_force,
        None if expires_at is None else format_timestamp(expires_at), display_quantity,
        quote_quantity, prevented_quantity, self_trade_prevention,
        None if working_since is None else format_timestamp(working_since),
        None if list_id is None
        else ReportedList(list_id, list_type, client_list_id, list_orders.split(","), list_state),
        reject_if_triggered, trailing_offset, trailing_offset_type, activation_price,
        None if trailing_since is None else format_timestamp(trailing_since), cancel_id, strategy,
    )  # fmt: skip


def to_fill(row: Row[Any]) -> FillRecord:
    """Make the record of a row of `fills`."""
    return FillRecord(
        str(row.number), str(row.order_id), row.client_order_id, row.account, row.symbol,
        row.side, row.trade_id, row.price, row.quantity, row.liquidity, row.sequence,
        format_timestamp(row.timestamp), row.commission, row.commission_asset,
        row.exchange_number, row.execution_number,
    )  # fmt: skip


def to_amendment(row: Row[Any]) -> AmendmentRecord:
    """Make the record of a row of `amendments`."""
    return AmendmentRecord(
        row.execution_number, row.previous_client_order_id, row.client_order_id,
        row.previous_quantity, row.quantity, format_timestamp(row.timestamp),
    )  # fmt: skip


def to_trade(row: Row[Any]) -> TradeRecord:
    """Make the record of a row of `trades`."""
    return TradeRecord(
        row.symbol, row.trade_id, row.price, row.quantity, row.aggressor_side,
        str(row.maker_order_id), str(row.taker_order_id), format_timestamp(row.timestamp),
    )  # fmt: skip


def to_gap(row: Row[Any]) -> Gap:
    """Make the record of a row of `journal_gaps`."""
    return Gap(row.after_sequence + 1, row.next_sequence - 1, format_timestamp(row.timestamp))
