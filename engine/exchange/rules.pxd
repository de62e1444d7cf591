"""C types of `rules.py`, for its compiled form."""

cimport cython
from libc.stdint cimport int64_t

from engine.exchange.orders cimport Order
from protocol.instrument cimport Instrument


@cython.final
cdef class Rules:
    cdef readonly list instruments
    cdef readonly object limits
    cdef public set halted
    cdef list _limited
    cdef dict _listed_after
    cdef dict _by_symbol

    cpdef Instrument find_instrument(self, str symbol, object sequence)
    cpdef configure(self, object limits)

    @cython.locals(instrument=Instrument)
    cpdef check_new(self, Order order, str quantity, object open_orders, int64_t last_price)

    @cython.locals(instrument=Instrument)
    cpdef check_amend(
        self, Order order, str quantity, int64_t lots, int64_t price, int64_t last_price
    )
    cpdef check_halt(self, Instrument instrument)

    @cython.locals(instrument=Instrument)
    cpdef check_band(self, Order order, int64_t price, int64_t last_price)
