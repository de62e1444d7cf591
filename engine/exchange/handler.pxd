"""C types of `handler.py`, for its compiled form."""

cimport cython

from engine.exchange.batch cimport Batch
from engine.exchange.entry cimport Entry
from engine.exchange.exchange cimport Exchange
from engine.exchange.orders cimport Order

cdef dict _COMMANDS


@cython.final
cdef class Handler:
    cdef readonly Exchange exchange

    @cython.locals(entry=Entry)
    cdef _handle_entry(self, bytes raw, Batch batch, bint is_poisonous)


cdef _refuse(Exchange exchange, Entry entry, object refusal, Batch batch)


@cython.locals(order=Order)
cdef str _find_name(Exchange exchange, Entry entry)
