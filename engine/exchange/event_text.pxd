"""C types of `event_text.py`, for its compiled form."""

cimport cython
from libc.stdint cimport int64_t

from engine.exchange.json_buffer cimport JsonBuffer
from engine.exchange.orders cimport Order
from protocol.decimals cimport Increment
from protocol.instrument cimport Instrument

cdef dict _TRUTHS
cdef JsonBuffer _buffer


@cython.locals(instrument=Instrument, tick=Increment, lot=Increment)
cpdef put_report(JsonBuffer buffer, Order order, str last_trade, int64_t sequence, str timestamp)

cpdef str report_text(Order order, str last_trade, int64_t sequence, str timestamp)


@cython.locals(buffer=JsonBuffer)
cpdef str fill_text(
    Instrument instrument,
    int64_t trade_id,
    int64_t price,
    int64_t quantity,
    object liquidity,
    int64_t commission,
    object asset,
)


@cython.locals(instrument=Instrument)
cpdef put_trade(
    JsonBuffer buffer,
    Order maker,
    Order taker,
    int64_t trade_id,
    int64_t price,
    int64_t quantity,
    str timestamp,
)

cpdef put_delta(
    JsonBuffer buffer,
    Instrument instrument,
    int64_t first_update_id,
    int64_t last_update_id,
    dict bids,
    dict asks,
    str timestamp,
)


@cython.locals(tick=Increment, lot=Increment, before=str)
cdef _put_levels(JsonBuffer buffer, Instrument instrument, dict levels)


@cython.locals(tick=Increment, lot=Increment)
cpdef put_bbo(
    JsonBuffer buffer, Instrument instrument, tuple quote, int64_t update_id, str timestamp
)

cpdef put_balance_changed(
    JsonBuffer buffer,
    str account,
    str asset,
    str amount,
    object cause,
    str identifier,
    int64_t sequence,
    str timestamp,
)

cpdef put_position(JsonBuffer buffer, str account, int64_t sequence, str timestamp)
cpdef put_balance(JsonBuffer buffer, object asset, object free, object locked, bint is_first)
