"""Types of `event_text.py` for the compiled form of it."""

cimport cython
from libc.stdint cimport int64_t

from engine.orders cimport Order
from protocol.decimals cimport Increment
from protocol.instrument cimport Instrument

cdef dict _WORDS
cdef dict _TRUTHS

cpdef str end_text(int64_t sequence, str timestamp)


@cython.locals(lot=Increment)
cpdef str report_text(Order order, str last_trade, str end)

cdef str _average_text(Order order)


@cython.locals(tick=Increment)
cdef str _price_text(Instrument instrument, object price)


@cython.locals(lot=Increment)
cdef str _quantity_text(Instrument instrument, object quantity)


@cython.locals(tick=Increment, lot=Increment)
cpdef str fill_text(
    Instrument instrument, object trade_id, object price, object quantity, object liquidity
)


@cython.locals(tick=Increment, lot=Increment)
cpdef str trade_text(
    Order maker, Order taker, object trade_id, object price, object quantity, str timestamp
)

cpdef str delta_text(
    Instrument instrument,
    object first_update_id,
    object last_update_id,
    dict bids,
    dict asks,
    str timestamp,
)


@cython.locals(tick=Increment, lot=Increment, texts=list)
cdef str _levels_text(Instrument instrument, dict levels)

cpdef str bbo_text(Instrument instrument, tuple quote, object update_id, str timestamp)
cpdef bytes message_text(object previous, object sequence, list events)
