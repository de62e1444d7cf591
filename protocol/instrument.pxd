"""Types for the compiled form of `instrument.py`."""

cimport cython
from libc.stdint cimport int64_t

from protocol.decimals cimport Increment


@cython.final
cdef class Instrument:
    cdef readonly object specification
    cdef readonly str symbol
    cdef readonly object index
    cdef public object listed_after
    cdef readonly Increment tick
    cdef readonly Increment lot
    cdef readonly object notional_decimal_places
    cdef readonly str no_notional
    cdef readonly int64_t min_quantity
    cdef readonly int64_t max_quantity
    cdef readonly object min_notional
    cdef readonly object max_notional
    cdef object _band
    cdef object _notional_unit
    cdef object _average_unit
    cdef object _average_divisor

    cpdef int64_t price_to_ticks(self, str text, str field=*) except -1
    cpdef int64_t quantity_to_lots(self, str text, str field=*) except -1
    cpdef str ticks_to_price(self, int64_t ticks)
    cpdef str lots_to_quantity(self, int64_t lots)
    cpdef str format_notional(self, object notional)
    cpdef average_price(self, object notional, object lots)
    cpdef check_lots(self, int64_t lots, str text)
    cpdef check_notional(self, object ticks, object lots)
    cpdef check_price_band(self, object ticks, object last_ticks)


@cython.locals(short=int64_t)
cdef int64_t _to_steps(
    str text, Increment step, str field, int64_t lowest, int64_t highest, object off_grid
) except -1
