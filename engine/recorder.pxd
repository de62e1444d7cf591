"""Types of `recorder.py` for the compiled form of it."""

cimport cython

from engine.batch cimport Batch
from engine.orders cimport Order, OrderTable


@cython.final
cdef class Recorder:
    cdef OrderTable _orders
    cdef list _instruments
    cdef dict _sides
    cdef dict _reasons

    @cython.locals(order=Order)
    cpdef accepted(self, tuple event, Batch batch)

    @cython.locals(taker=Order, maker=Order, order=Order)
    cpdef traded(self, tuple event, Batch batch)

    cpdef canceled(self, tuple event, Batch batch)
    cpdef expired(self, tuple event, Batch batch)
    cpdef rejected(self, tuple event, Batch batch)

    @cython.locals(order=Order)
    cpdef amended(self, tuple event, Batch batch)

    @cython.locals(order=Order)
    cpdef reduced(self, tuple event, Batch batch)

    @cython.locals(order=Order)
    cpdef triggered(self, tuple event, Batch batch)

    cpdef level_changed(self, tuple event, Batch batch)

    cpdef end(self, tuple event, object status, object reason, Batch batch)
    cpdef refuse(self, Order order, object reason, Batch batch)
    cdef _end_order(self, Order order, object status, object reason, Batch batch)
