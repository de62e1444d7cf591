"""Types for the compiled form of `decimals.py`, and its innermost function."""

cimport cython
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy


@cython.final
cdef class Increment:
    cdef readonly str text
    cdef readonly object decimal_places
    cdef readonly object unit
    cdef object _grid
    cdef readonly bint is_power_of_ten
    cdef str _zero_text

    cpdef tuple to_steps(self, str text)

    @cython.locals(
        length=Py_ssize_t,
        decimal_places=Py_ssize_t,
        point=Py_ssize_t,
        at=Py_ssize_t,
        steps=int64_t,
        character=Py_UCS4,
    )
    cpdef int64_t read(self, str text) except -2

    cpdef str to_text(self, int64_t steps)
    cdef str _format_zero(self, int64_t steps)
    cpdef object round_to_steps(self, str text)


cdef Py_ssize_t _MAX_DIGITS
cdef int64_t _ZERO


@cython.locals(value=int64_t, character=Py_UCS4)
cpdef int64_t read_digits(str text) except -2

cpdef bint is_decimal(str text) except -1
cpdef str format_scaled(object value, Py_ssize_t decimal_places)
cpdef object scale(str text, Py_ssize_t decimal_places)


cdef enum:
    MAX_SCALED_LENGTH = 40


cdef inline Py_ssize_t write_scaled(char *text, uint64_t value, Py_ssize_t decimal_places) noexcept:
    """Write what `format_scaled` returns, for 64 bits and up to 18 places; return how many bytes.

    `text` has room for MAX_SCALED_LENGTH.
    """
    cdef char digits[MAX_SCALED_LENGTH]
    cdef Py_ssize_t at = MAX_SCALED_LENGTH
    cdef Py_ssize_t point = MAX_SCALED_LENGTH - decimal_places
    while value or at >= point:
        if at == point and decimal_places:
            at -= 1
            digits[at] = c"."
            point = MAX_SCALED_LENGTH + 1
        at -= 1
        digits[at] = <char>(c"0" + value % 10)
        value //= 10
    memcpy(text, digits + at, MAX_SCALED_LENGTH - at)
    return MAX_SCALED_LENGTH - at


cdef inline str format_short(int64_t value, Py_ssize_t decimal_places):
    """Return what `format_scaled` does, for 64 bits and up to 18 places."""
    cdef char text[MAX_SCALED_LENGTH]
    return PyUnicode_DecodeASCII(text, write_scaled(text, <uint64_t>value, decimal_places), NULL)
