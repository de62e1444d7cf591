"""C types of `changes.py`, for its compiled form."""

cimport cython

from engine.exchange.batch cimport Batch
from engine.exchange.entry cimport Entry
from engine.exchange.exchange cimport Exchange
from engine.exchange.orders cimport Order
from protocol.instrument cimport Instrument


@cython.locals(order=Order)
cpdef cancel(Exchange exchange, Entry entry, Batch batch)


@cython.locals(order=Order, instrument=Instrument)
cpdef amend(Exchange exchange, Entry entry, Batch batch)

cpdef cancel_all(Exchange exchange, Entry entry, Batch batch)
cpdef cancel_after(Exchange exchange, Entry entry, Batch batch)
cpdef expire_timers(Exchange exchange, Entry entry, Batch batch)


@cython.locals(order=Order)
cdef Order _find_open_order(Exchange exchange, Entry entry)

cdef tuple _amended_prices(Order order, Entry entry)
