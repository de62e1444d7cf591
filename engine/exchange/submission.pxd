"""C types of `submission.py`, for its compiled form."""

cimport cython
from libc.stdint cimport int64_t

from engine.exchange.batch cimport Batch
from engine.exchange.entry cimport Entry
from engine.exchange.exchange cimport Exchange
from engine.exchange.orders cimport Order


@cython.locals(order=Order)
cpdef submit(Exchange exchange, Entry entry, Batch batch)

cdef Order _make_order(
    Exchange exchange, Entry entry, int64_t order_id, str client_order_id, object sequence
)
cdef _repeat(Exchange exchange, Order known, Entry entry, str client_order_id, Batch batch)
