"""Types of `entries.py` for the compiled form of it."""

cpdef read_entry(bytes raw)
