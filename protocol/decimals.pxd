"""Types of `decimals.py` for the compiled form of it, and its innermost function."""

cimport cython
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy


@cython.final
cdef class Increment:
    cdef readonly str text
    cdef readonly object places
    cdef readonly object unit
    cdef object _grid
    cdef readonly bint is_power_of_ten
    cdef str _nothing

    cpdef tuple to_steps(self, str text)

    @cython.locals(
        length=Py_ssize_t,
        places=Py_ssize_t,
        point=Py_ssize_t,
        at=Py_ssize_t,
        steps=int64_t,
        character=Py_UCS4,
    )
    cpdef int64_t read(self, str text) except -2

    cpdef str to_text(self, int64_t steps)
    cdef str _text_of_nothing(self, int64_t steps)
    cpdef object round_to_steps(self, str text)


cdef Py_ssize_t _MOST_DIGITS
cdef int64_t _ZERO


@cython.locals(value=int64_t, character=Py_UCS4)
cpdef int64_t read_digits(str text) except -2

cpdef bint is_decimal(str text) except -1
cpdef str format_scaled(object value, Py_ssize_t places)
cpdef object scale(str text, Py_ssize_t places)


cdef enum:
    LONGEST_SCALED = 40


cdef inline Py_ssize_t write_scaled(char *text, uint64_t value, Py_ssize_t places) noexcept:
    """`format_scaled` for what fits into 64 bits, and up to 18 places; how many bytes it has.

    `text` has room for LONGEST_SCALED.
    """
    cdef char digits[LONGEST_SCALED]
    cdef Py_ssize_t at = LONGEST_SCALED
    cdef Py_ssize_t point = LONGEST_SCALED - places
    while value or at >= point:
        if at == point and places:
            at -= 1
            digits[at] = c"."
            point = LONGEST_SCALED + 1
        at -= 1
        digits[at] = <char>(c"0" + value % 10)
        value //= 10
    memcpy(text, digits + at, LONGEST_SCALED - at)
    return LONGEST_SCALED - at


cdef inline str format_short(int64_t value, Py_ssize_t places):
    """`format_scaled` for what fits into 64 bits; `places` up to 18."""
    cdef char text[LONGEST_SCALED]
    return PyUnicode_DecodeASCII(text, write_scaled(text, <uint64_t>value, places), NULL)
