"""C types of `orders.py`, for its compiled form."""

cimport cython
from libc.stdint cimport int64_t

from protocol.instrument cimport Instrument


@cython.final
cdef class Order:
    cdef readonly int64_t order_id
    cdef readonly str client_order_id
    cdef readonly str account
    cdef readonly Instrument instrument
    cdef readonly object side
    cdef readonly object order_type
    cdef readonly object self_trade_prevention
    cdef readonly int64_t quantity
    cdef readonly int64_t price
    cdef readonly int64_t stop_price
    cdef readonly int64_t remaining
    cdef readonly int64_t filled
    cdef readonly object notional
    cdef public object triggered
    cdef readonly object status
    cdef public object reason
    cdef public bint is_closed
    cdef tuple _body

    cpdef fill(self, object price, object quantity, int64_t remaining)
    cpdef amend(self, int64_t price, int64_t quantity, int64_t remaining, int64_t stop_price)
    cpdef reduce(self, int64_t quantity, int64_t remaining)
    cpdef end(self, object status, object reason)


@cython.final
cdef class OrderTable:
    cdef dict _orders
    cdef dict _open_counts
    cdef object _closed_ids
    cdef Py_ssize_t _closed_limit

    cpdef add(self, Order order)
    cpdef int64_t count_open(self, str account) except -1

    @cython.locals(order=Order, count=int64_t)
    cpdef list list_open(self, str account)

    @cython.locals(left=int64_t)
    cpdef close(self, Order order)

    cpdef Order get(self, object order_id)
    cpdef Order find(self, object order_id)
    cdef _remember(self, Order order)
