"""Types of `handler.py` for the compiled form of it."""

cimport cython
from libc.stdint cimport int64_t

from engine.batch cimport Batch
from engine.orders cimport Order, OrderTable
from engine.recorder cimport Recorder
from engine.rules cimport Rules
from protocol.instrument cimport Instrument

cdef dict _SIDES
cdef dict _ORDER_TYPES
cdef dict _PREVENTIONS
cdef dict _REASONS


@cython.final
cdef class Handler:
    cdef readonly object sequence
    cdef readonly object timestamp
    cdef readonly object matcher
    cdef readonly OrderTable orders
    cdef readonly Rules rules
    cdef readonly object timers
    cdef bytes _id_key
    cdef dict _accounts
    cdef list _quotes
    cdef dict _last_published
    cdef int64_t _entries_to_clear
    cdef dict _run
    cdef Recorder _recorder
    cdef dict _record

    cdef _handle_entry(self, bytes raw, Batch batch, bint is_poisonous)

    @cython.locals(order=Order)
    cpdef _new(self, object entry, Batch batch)

    cdef Order _make_order(
        self, object entry, int64_t order_id, str client_order_id, object sequence
    )
    cdef _check_new(self, Order order, object entry)
    cdef _repeat(self, Order known, object entry, str client_order_id, Batch batch)

    @cython.locals(order=Order)
    cpdef _cancel(self, object entry, Batch batch)

    @cython.locals(event=tuple)
    cdef _apply(self, object events, Batch batch)

    @cython.locals(order=Order)
    cdef Order _find_open_order(self, object entry)

    cdef _refuse(self, object entry, object refusal, Batch batch)
