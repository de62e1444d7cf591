"""Types of `translation.py` for the compiled form of it."""

cimport cython
from libc.stdint cimport int64_t

from engine.batch cimport Batch
from engine.orders cimport Order
from engine.recorder cimport Recorder

cdef dict _SIDES
cdef dict _ORDER_TYPES
cdef dict _PREVENTIONS

cpdef place(object matcher, Order order, int64_t account)


@cython.final
cdef class EventReader:
    cdef Recorder _recorder
    cdef dict _record

    @cython.locals(event=tuple)
    cpdef read(self, object events, Batch batch)

    @cython.locals(event=tuple)
    cpdef int64_t read_canceled(self, object events, object reason, Batch batch) except -1
