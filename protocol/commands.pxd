"""Types for the compiled form of `commands.py`."""

cimport cython
from libc.stdint cimport int64_t

from protocol.instrument cimport Instrument


@cython.locals(order_id=int64_t)
cpdef int64_t parse_order_id(str text) except -1


@cython.locals(character=Py_UCS4)
cpdef bint is_identifier(str text) except -1

cpdef str check_client_order_id(str text)
cpdef str check_account(str text)


@cython.locals(lots=int64_t, ticks=int64_t, stop_ticks=int64_t)
cpdef tuple check_order_values(
    Instrument instrument, object order_type, str quantity, str price, str stop_price
)
cdef int64_t _check_price(Instrument instrument, object order_type, str price) except -1
cdef int64_t _check_stop_price(Instrument instrument, object order_type, str stop_price) except -1
