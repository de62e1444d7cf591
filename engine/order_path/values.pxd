"""Identifiers, order ids and decimals as they stand in an entry; any text of it as a str."""

from libc.stdint cimport int64_t
from libc.string cimport memcpy

from engine.core.compiled.state cimport MAX_ORDER_ID
from engine.order_path.words cimport Text, is_word

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, Py_UCS4 highest)
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    void* PyUnicode_DATA(object text) noexcept

cdef enum:
    MAX_DIGITS = 18  # always fit into 64 bits
    MAX_WHOLE_DIGITS = 15
    MAX_IDENTIFIER = 64
    MAX_ID_DIGITS = 16


cdef inline bint is_identifier(const Text* text) noexcept:
    """Whether a text is as `protocol.commands.IDENTIFIER_PATTERN` says."""
    cdef Py_ssize_t i
    cdef char one
    if not 0 < text.size <= MAX_IDENTIFIER:
        return False
    for i in range(text.size):
        one = text.at[i]
        if not (
            c"a" <= one <= c"z" or c"A" <= one <= c"Z" or c"-" <= one <= c"." or one == c"_"
            or c"0" <= one <= c":"
        ):
            return False
    return True


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


cdef inline int64_t read_steps(const Text* text, int places) noexcept:
    """Return the whole steps of 10**-places in a decimal that has no finer part, else -1."""
    cdef int64_t value = 0
    cdef Py_ssize_t i
    cdef int whole = 0, missing = places
    cdef bint is_fraction = False
    for i in range(text.size):
        if text.at[i] == c"." and not is_fraction and i + 1 < text.size:
            is_fraction = True
            continue
        if not c"0" <= text.at[i] <= c"9":
            return -1
        if is_fraction:
            missing -= 1
        else:
            whole += 1
        if missing < 0 or whole > MAX_WHOLE_DIGITS or whole + places > MAX_DIGITS:
            return -1
        value = 10 * value + (text.at[i] - c"0")
    while missing > 0:
        value *= 10
        missing -= 1
    return value if whole else -1


cdef inline str to_str(const Text* text):
    """Copy ASCII characters to a str."""
    cdef str copied = PyUnicode_New(text.size, 127)
    memcpy(PyUnicode_DATA(copied), text.at, text.size)
    return copied


cdef inline str to_str_or_none(const Text* text):
    return None if text.at is NULL else to_str(text)


cdef inline bint is_same(object word, const Text* text) noexcept:
    """Whether an ASCII str has these characters."""
    return is_word(text, <const char*>PyUnicode_DATA(word), PyUnicode_GET_LENGTH(word))
