"""The parts of a report on an order, as `event_text` has them."""

from libc.stdint cimport int64_t, uint64_t

from engine.exchange.orders cimport Order
from engine.order_path.grid cimport Grid
from engine.order_path.text cimport (
    AVERAGE_PLACES,
    divide,
    put_decimal,
    put_number,
    put_price,
    put_quoted,
    wide,
)
from protocol.plain_text cimport put, put_text

cdef extern from *:
    const int64_t MAX_SHORT "INT64_MAX"

cdef enum:
    AVERAGE_UNIT = 100000000  # with AVERAGE_PLACES

# What an order has traded for, and at which price on the average.
cdef struct Filled:
    int64_t notional
    uint64_t average


cdef inline bint find_filled(Order order, const Grid* grid, Filled* filled) except -1:
    """Work out what is told of an order's fills; return False if the numbers are too large."""
    cdef wide average
    if order.notional > MAX_SHORT:
        return False
    filled.notional, filled.average = order.notional, 0
    if order.filled:
        average = divide(
            <wide>filled.notional * AVERAGE_UNIT, <wide>order.filled * grid.average_divisor
        )
        if average > MAX_SHORT:
            return False
        filled.average = <uint64_t>average
    return True


cdef inline char* put_truth(char* at, object truth) noexcept:
    if truth is None:
        return put(at, b"null")
    return put(at, b"true") if truth is True else put(at, b"false")


cdef inline char* put_names(char* at, Order order, const Grid* grid) except NULL:
    """Put the start of a report, up to whose order it is."""
    at = put_decimal(put(at, b'{"type":"execution_report","order_id":'), order.order_id, 0)
    if order.number:
        at = put_number(put(at, b',"number":'), order.number)
    else:
        at = put(at, b',"number":null')
    at = put_number(put(at, b',"execution_number":'), order.execution_number)
    at = put_quoted(put(at, b',"client_order_id":'), order.client_order_id)
    if order.before is not None:
        at = put_quoted(put(at, b',"previous_client_order_id":'), order.before[0])
        at = put_decimal(put(at, b',"previous_quantity":'), order.before[1], grid.lot_places)
    return put_quoted(put(at, b',"account":'), order.account)


cdef inline char* put_terms(char* at, Order order, str symbol, const Grid* grid) noexcept:
    at = put_quoted(put(at, b',"symbol":'), symbol)
    at = put_quoted(put(at, b',"side":'), order.side)
    at = put_quoted(put(at, b',"order_type":'), order.order_type)
    at = put_price(put(at, b',"price":'), order.price, grid.tick_places)
    at = put_price(put(at, b',"stop_price":'), order.stop_price, grid.tick_places)
    return put_truth(put(at, b',"triggered":'), order.triggered)


cdef inline char* put_progress(
    char* at, Order order, const Grid* grid, const Filled* filled
) noexcept:
    at = put_decimal(put(at, b',"quantity":'), order.quantity, grid.lot_places)
    at = put_decimal(put(at, b',"filled_quantity":'), order.filled, grid.lot_places)
    at = put_decimal(put(at, b',"remaining_quantity":'), order.remaining, grid.lot_places)
    at = put_decimal(
        put(at, b',"filled_notional":'), filled.notional, grid.tick_places + grid.lot_places
    )
    at = put(at, b',"average_price":')
    return put_decimal(at, filled.average, AVERAGE_PLACES) if order.filled else put(at, b"null")


cdef inline char* put_special(
    char* at, object special, object gtc, str end, const Grid* grid
) except NULL:
    """Put what few orders have; `gtc` is the word for orders without an end, which is not told."""
    cdef uint64_t display = special.display_quantity, amount = special.quote_quantity
    if special.time_in_force is not gtc:
        at = put_quoted(put(at, b',"time_in_force":'), special.time_in_force)
    if end is not None:
        at = put_quoted(put(at, b',"expires_at":'), end)
    if display:
        at = put_decimal(put(at, b',"display_quantity":'), display, grid.lot_places)
    if amount:
        at = put_decimal(
            put(at, b',"quote_quantity":'), amount, grid.tick_places + grid.lot_places
        )
    return put(at, b',"reject_if_triggered":true') if special.reject_if_triggered else at


cdef inline char* put_outcome(char* at, Order order, str fill) noexcept:
    at = put_quoted(put(at, b',"status":'), order.status)
    at = put_quoted(put(at, b',"reason":'), order.reason)
    if order.cancel_id is not None:
        at = put_quoted(put(at, b',"cancel_id":'), order.cancel_id)
    at = put(at, b',"last_trade":')
    return put(at, b"null") if fill is None else put_text(at, fill)


cdef inline char* end_report(char* at, uint64_t sequence, str timestamp) noexcept:
    at = put_number(put(at, b',"sequence":'), sequence)
    at = put_quoted(put(at, b',"timestamp":'), timestamp)
    return put(at, b"}")
