"""C types of `recorder.py`, for its compiled form."""

cimport cython
from libc.stdint cimport int64_t

from engine.exchange.batch cimport Batch
from engine.exchange.core_event cimport CoreEvent
from engine.exchange.orders cimport Order, OrderTable


@cython.final
cdef class Recorder:
    cdef OrderTable _orders
    cdef list _instruments
    cdef dict _sides
    cdef dict _reasons
    cdef object _ledger
    cdef bint _is_charged
    cdef int64_t _taker_commission
    cdef int64_t _maker_commission

    cpdef charged(self, CoreEvent event, Batch batch)
    cdef object _find_received(self, Order order)

    @cython.locals(order=Order)
    cpdef accepted(self, CoreEvent event, Batch batch)

    @cython.locals(
        taker=Order,
        maker=Order,
        order=Order,
        price=int64_t,
        quantity=int64_t,
        trade_id=int64_t,
        commission=int64_t,
    )
    cpdef traded(self, CoreEvent event, Batch batch)

    cpdef canceled(self, CoreEvent event, Batch batch)
    cpdef expired(self, CoreEvent event, Batch batch)
    cpdef rejected(self, CoreEvent event, Batch batch)

    @cython.locals(order=Order)
    cpdef amended(self, CoreEvent event, Batch batch)

    @cython.locals(order=Order)
    cpdef reduced(self, CoreEvent event, Batch batch)

    @cython.locals(order=Order)
    cpdef triggered(self, CoreEvent event, Batch batch)

    cpdef level_changed(self, CoreEvent event, Batch batch)

    cpdef end(self, CoreEvent event, object status, object reason, Batch batch)
    cpdef refuse(self, Order order, object reason, Batch batch)
    cdef _report(self, Order order, Batch batch)
    cdef _end_order(self, Order order, object status, object reason, Batch batch)
