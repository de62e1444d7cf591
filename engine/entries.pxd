"""Types of `entries.py` for the compiled form of it."""

cpdef read_entry(bytes raw)
cdef bint _has_inner_bracket(bytes raw) except -1
