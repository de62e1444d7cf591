"""Types of `rules.py` for the compiled form of it."""

cimport cython
from libc.stdint cimport int64_t

from engine.orders cimport Order
from protocol.instrument cimport Instrument


@cython.final
cdef class Rules:
    cdef readonly list instruments
    cdef readonly object limits
    cdef public set halted
    cdef dict _listed_after
    cdef dict _by_symbol

    cpdef Instrument find_instrument(self, str symbol, object sequence)
    cpdef configure(self, object limits)
    cpdef check_new(self, Order order, object open_orders, int64_t last_price)
    cpdef check_halt(self, Instrument instrument)
    cpdef check_band(self, Order order, int64_t price, int64_t last_price)
