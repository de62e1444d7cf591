"""C types of `orders.py`, for its compiled form."""

cimport cython
from libc.stdint cimport int64_t


@cython.final
cdef class Order:
    cdef readonly int64_t order_id
    cdef readonly str client_order_id
    cdef readonly str account
    cdef readonly object instrument
    cdef readonly int64_t symbol
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
    cdef public str first_name
    cdef readonly bint is_unique
    cdef public str cancel_id
    cdef public tuple before
    cdef public object special
    cdef public int64_t expires_at
    cdef public int64_t prevented
    cdef public object prevented_match
    cdef public int64_t number
    cdef public int64_t execution_number
    cdef public bint is_closed
    cdef public object order_list
    cdef public bint is_pending
    cdef tuple _body

    cpdef fill(self, object price, object quantity, int64_t remaining)
    cpdef amend(self, int64_t price, int64_t quantity, int64_t remaining, int64_t stop_price)
    cpdef follow(self, int64_t stop_price)
    cpdef rename(self, str client_order_id)
    cpdef reduce(self, int64_t quantity, int64_t remaining)
    cpdef find_quantity(self, int64_t quantity)
    cpdef prevent(self, int64_t quantity, str match)
    cpdef end(self, object status, object reason)


@cython.final
cdef class OrderTable:
    cdef dict _orders
    cdef dict _numbered
    cdef dict named
    cdef dict _open_counts
    cdef readonly object lists
    cdef object _closed_ids
    cdef Py_ssize_t _closed_limit

    cpdef add(self, Order order)
    cpdef number(self, Order order, int64_t number)
    cpdef make_unique(self, Order order)
    cpdef rename(self, Order order, str client_order_id)

    @cython.locals(order=Order)
    cpdef Order find_name(self, str account, str client_order_id)

    cpdef Order find_number(self, object number)
    cpdef int64_t count_open(self, str account) except -1

    @cython.locals(order=Order, count=int64_t)
    cpdef list list_open(self, str account)

    @cython.locals(left=int64_t)
    cpdef close(self, Order order)

    cpdef Order get(self, object order_id)
    cpdef Order find(self, object order_id)
    cdef _remember(self, Order order)

    @cython.locals(order=Order)
    cdef _forget(self, object order_id)
