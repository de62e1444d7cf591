"""C types of `translation.py`, for its compiled form."""

cimport cython
from libc.stdint cimport int64_t

from engine.exchange.batch cimport Batch
from engine.exchange.core_event cimport CoreEvent
from engine.exchange.orders cimport Order
from engine.exchange.recorder cimport Recorder

cdef int64_t _ACCEPTED
cdef int64_t _TRADE
cdef int64_t _CANCELED
cdef int64_t _EXPIRED
cdef int64_t _REJECTED
cdef int64_t _AMENDED
cdef int64_t _REDUCED
cdef int64_t _TRIGGERED
cdef int64_t _COMMAND_REJECTED
cdef int64_t _LEVEL
cdef int64_t _COMMISSION
cdef dict _SIDES
cdef dict _ORDER_TYPES
cdef dict _PREVENTIONS

cpdef place(object matcher, Order order, int64_t account)


@cython.final
cdef class EventReader:
    cdef Recorder _recorder
    cdef CoreEvent _event

    @cython.locals(event=CoreEvent)
    cpdef read(self, object events, Batch batch)

    @cython.locals(event=CoreEvent, canceled=int64_t)
    cpdef int64_t read_canceled(self, object events, object reason, Batch batch) except -1

    @cython.locals(kind=int64_t, recorder=Recorder)
    cdef _record(self, CoreEvent event, Batch batch)

    @cython.locals(kind=int64_t, recorder=Recorder)
    cdef _record_rare(self, CoreEvent event, Batch batch)
