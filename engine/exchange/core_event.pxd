"""C types of `core_event.py`, for its compiled form, and its innermost functions."""

cimport cython
from cpython.buffer cimport (
    PyBUF_SIMPLE,
    Py_buffer,
    PyBuffer_Release,
    PyObject_CheckBuffer,
    PyObject_GetBuffer,
)
from libc.stdint cimport int32_t, int64_t, uint8_t


cdef packed struct Record:
    # the layout of `engine.core.codes.EVENT_RECORD`
    uint8_t kind
    uint8_t reason
    int32_t symbol
    uint8_t side
    uint8_t padding
    int64_t order_id
    int64_t other_id
    int64_t price
    int64_t quantity
    int64_t remaining
    int64_t other_remaining
    int64_t number


@cython.final
cdef class CoreEvent:
    cdef readonly int64_t kind
    cdef readonly int64_t reason
    cdef readonly int64_t symbol
    cdef readonly int64_t side
    cdef readonly int64_t order_id
    cdef readonly int64_t other_id
    cdef readonly int64_t price
    cdef readonly int64_t quantity
    cdef readonly int64_t remaining
    cdef readonly int64_t other_remaining
    cdef readonly int64_t number
    cdef readonly int64_t stop_price
    cdef readonly int64_t trade_id
    cdef readonly int64_t update_id
    cdef object rows
    cdef object _events
    cdef const Record *_next
    cdef const Record *_end

    cpdef open(self, object events)
    cpdef bint advance(self) except -1
    cdef bint take_row(self) except -1


cdef inline int open_events(CoreEvent event, object events) except -1:
    cdef Py_buffer buffer
    event._next = event._end = NULL
    event._events = events  # keeps its records alive, and where they are
    if not PyObject_CheckBuffer(events):
        event.rows = iter(events)
        return 0
    event.rows = None
    PyObject_GetBuffer(events, &buffer, PyBUF_SIMPLE)
    event._next = <const Record *>buffer.buf
    event._end = event._next + buffer.len // <Py_ssize_t>sizeof(Record)
    PyBuffer_Release(&buffer)
    return 0


cdef inline bint next_event(CoreEvent event) except -1:
    cdef const Record *record = event._next
    if record == event._end:
        event._events = None  # there may be millions
        event._next = event._end = NULL
        return event.rows is not None and event.take_row()
    event._next = record + 1
    event.kind = record.kind
    event.reason = record.reason
    event.symbol = record.symbol
    event.side = record.side
    event.order_id = record.order_id
    event.other_id = record.other_id
    event.price = record.price
    event.quantity = record.quantity
    event.remaining = record.remaining
    event.other_remaining = event.stop_price = record.other_remaining
    event.number = event.trade_id = event.update_id = record.number
    return True
