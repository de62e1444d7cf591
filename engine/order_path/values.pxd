"""Order ids as they stand in an entry; any text of it as a str, or None."""

from libc.stdint cimport int64_t

from engine.core.compiled.state cimport MAX_ORDER_ID
from protocol.plain_text cimport Text, to_str

cdef enum:
    MAX_ID_DIGITS = 16


cdef inline int64_t read_whole(const Text* text) noexcept:
    """Return the order id in a text, -1 if it is none."""
    cdef int64_t value = 0
    cdef Py_ssize_t i
    if not 0 < text.size <= MAX_ID_DIGITS:
        return -1
    for i in range(text.size):
        if not c"0" <= text.at[i] <= c"9":
            return -1
        value = 10 * value + (text.at[i] - c"0")
    return value if 0 < value <= MAX_ORDER_ID else -1


cdef inline str to_str_or_none(const Text* text):
    return None if text.at is NULL else to_str(text)
