"""What is published beside reports on orders: fills, trades, levels, balances."""

from libc.stdint cimport int64_t, uint64_t

from engine.core.compiled.rows cimport from_wide
from engine.core.compiled.state cimport Balance, EventRecord, Wide
from engine.exchange.orders cimport Order
from engine.order_path.grid cimport Grid
from engine.order_path.reports cimport MAX_SHORT
from engine.order_path.text cimport (
    Buffer,
    begin_event,
    end_event,
    put_decimal,
    put_number,
    put_quoted,
)
from protocol.plain_text cimport put, put_text


cdef inline char* put_fill(
    char* at, const EventRecord* event, const Grid* grid, object liquidity
) noexcept:
    """Put a fill up to what it cost."""
    at = put_number(put(at, b'{"trade_id":'), event.number)
    at = put_decimal(put(at, b',"price":'), event.price, grid.tick_places)
    at = put_decimal(put(at, b',"quantity":'), event.quantity, grid.lot_places)
    return put_quoted(put(at, b',"liquidity":'), liquidity)


cdef inline char* put_commission(char* at, int64_t commission, int places, str asset) noexcept:
    at = put_decimal(put(at, b',"commission":'), commission, places)
    return put_quoted(put(at, b',"commission_asset":'), asset)


cdef inline void put_trade(
    Buffer* trades, const EventRecord* event, const Grid* grid, str symbol, Order taker,
    Order maker, str timestamp,
) noexcept:
    cdef char* at = begin_event(trades)
    at = put_quoted(put(at, b'{"type":"trade","symbol":'), symbol)
    at = put_number(put(at, b',"trade_id":'), event.number)
    at = put_decimal(put(at, b',"price":'), event.price, grid.tick_places)
    at = put_decimal(put(at, b',"quantity":'), event.quantity, grid.lot_places)
    at = put_quoted(put(at, b',"aggressor_side":'), taker.side)
    at = put_decimal(put(at, b',"maker_order_id":'), maker.order_id, 0)
    at = put_decimal(put(at, b',"taker_order_id":'), taker.order_id, 0)
    at = put_quoted(put(at, b',"timestamp":'), timestamp)
    end_event(trades, put(at, b"}"))


cdef inline void put_level(
    Buffer* levels, int64_t price, int64_t quantity, const Grid* grid
) noexcept:
    """Put a changed level; one that is gone has the quantity 0 without decimal places."""
    cdef char* at = put_decimal(put(begin_event(levels), b"["), price, grid.tick_places)
    at = put(at, b",")
    at = put_decimal(at, quantity, grid.lot_places if quantity else 0)
    end_event(levels, put(at, b"]"))


cdef inline char* put_position(char* at, str account, str sequence, str timestamp) noexcept:
    """Put the start of an account's position, up to its first balance."""
    at = put_quoted(put(at, b'{"type":"account_position","account":'), account)
    at = put_text(put(at, b',"sequence":'), sequence)
    at = put_quoted(put(at, b',"timestamp":'), timestamp)
    return put(at, b',"balances":[')


cdef inline char* put_balance(
    char* at, str asset, int places, const Balance* balance, object format_amount
) except NULL:
    """Put a balance; `format_amount` writes one that does not fit into 63 bits."""
    at = put_quoted(put(at, b'{"asset":'), asset)
    at = put_wide(put(at, b',"free":'), &balance.free, places, format_amount)
    at = put_wide(put(at, b',"locked":'), &balance.locked, places, format_amount)
    return put(at, b"}")


cdef inline char* put_wide(
    char* at, const Wide* amount, int places, object format_amount
) except NULL:
    """Put an amount of any size and sign in quotes."""
    if amount.high == 0 and amount.low <= <uint64_t>MAX_SHORT:
        return put_decimal(at, amount.low, places)
    return put_quoted(at, format_amount(from_wide(amount), places))
