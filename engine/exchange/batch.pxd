"""C types of `batch.py`, for its compiled form."""

cimport cython
from libc.stdint cimport int64_t

from engine.exchange.json_buffer cimport JsonBuffer
from protocol.instrument cimport Instrument


@cython.final
cdef class BookChanges:
    cdef readonly Instrument instrument
    cdef readonly object first_update_id
    cdef public object last_update_id
    cdef readonly dict bids
    cdef readonly dict asks


@cython.final
cdef class Batch:
    cdef readonly object previous
    cdef readonly int64_t sequence
    cdef readonly object timestamp
    cdef readonly object elapsed
    cdef readonly str timestamp_text
    cdef readonly object state_hash
    cdef readonly list taken
    cdef readonly list commands
    cdef readonly list dead
    cdef readonly JsonBuffer trades
    cdef readonly JsonBuffer reports
    cdef readonly list rejects
    cdef readonly JsonBuffer bbos
    cdef readonly dict changes
    cdef readonly list fills
    cdef readonly dict messages
    cdef int64_t _taken_kilobytes
    cdef dict _replies
    cdef object _last_published

    cpdef int64_t measure(self) except -1
    cpdef take(self, bytes entry)

    @cython.locals(changes=BookChanges, levels=dict)
    cpdef add_level(
        self,
        Instrument instrument,
        bint is_bid,
        object price,
        object quantity,
        object update_id,
    )
