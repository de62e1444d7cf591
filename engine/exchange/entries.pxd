"""C types of `entries.py`, for its compiled form."""

cimport cython

from engine.exchange.entry cimport Entry


@cython.locals(entry=Entry)
cpdef Entry read_entry(bytes raw)


@cython.locals(entry=Entry)
cpdef Entry decode_entry(bytes raw)
