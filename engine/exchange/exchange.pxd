"""C types of `exchange.py`, for its compiled form."""

cimport cython
from libc.stdint cimport int64_t

from engine.exchange.batch cimport Batch, BookChanges
from engine.exchange.orders cimport Order, OrderTable
from engine.exchange.recorder cimport Recorder
from engine.exchange.rules cimport Rules
from engine.exchange.translation cimport EventReader


@cython.final
cdef class Exchange:
    cdef readonly object sequence
    cdef readonly object timestamp
    cdef readonly object elapsed
    cdef readonly object level
    cdef readonly object matcher
    cdef readonly OrderTable orders
    cdef readonly Rules rules
    cdef readonly object timers
    cdef readonly bytes id_key
    cdef readonly dict accounts
    cdef readonly object ledger
    cdef int64_t _entries_to_clear
    cdef list _quotes
    cdef dict _last_published
    cdef Recorder _recorder
    cdef EventReader _reader

    cpdef Batch begin_batch(self, object now, object elapsed)
    cpdef count_entry(self)
    cpdef finish_batch(self, Batch batch)
    cpdef check_new(self, Order order, str quantity)
    cpdef check_amend(self, Order order, str quantity, object lots, object price)
    cpdef enter(self, Order order, Batch batch)
    cpdef int64_t open_account(self, str account, Batch batch) except -1
    cpdef refuse(self, Order order, object reason, Batch batch)
    cpdef amend(self, Order order, object lots, object price, object stop_price, Batch batch)
    cpdef cancel(self, Order order, Batch batch)
    cpdef int64_t cancel_all(
        self, str account, object symbol, object reason, Batch batch
    ) except -1

    @cython.locals(canceled=int64_t, order=Order)
    cpdef int64_t cancel_except_stops(self, str account, object reason, Batch batch) except -1

    @cython.locals(changes=BookChanges)
    cdef _add_quotes(self, Batch batch)
