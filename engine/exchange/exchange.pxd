"""Types of `exchange.py` for the compiled form of it."""

from libc.stdint cimport int64_t

from engine.exchange.orders cimport OrderTable
from engine.exchange.recorder cimport Recorder
from engine.exchange.rules cimport Rules
from engine.exchange.translation cimport EventReader


cdef class Exchange:
    cdef readonly object sequence
    cdef readonly object timestamp
    cdef readonly object matcher
    cdef readonly OrderTable orders
    cdef readonly Rules rules
    cdef readonly object timers
    cdef readonly bytes id_key
    cdef readonly dict accounts
    cdef public int64_t entries_to_clear
    cdef readonly list quotes
    cdef readonly dict last_published
    cdef readonly Recorder recorder
    cdef readonly EventReader reader

    cpdef int64_t number_account(self, str account) except -1
