"""Types of `entries.py` for the compiled form of it."""

cimport cython

from engine.exchange.entry cimport Entry


@cython.locals(entry=Entry)
cpdef Entry read_entry(bytes raw)


@cython.locals(entry=Entry)
cpdef Entry decode_entry(bytes raw)
