"""C types of `json_buffer.py`, for its compiled form, and its innermost functions."""

cimport cython
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_GET_SIZE, PyByteArray_Resize
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeASCII
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from protocol.decimals cimport MAX_SCALED_LENGTH, Increment, write_scaled

cdef extern from "Python.h":
    bint PyUnicode_Check(object text) noexcept
    bint PyUnicode_IS_ASCII(object text) noexcept
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    void *PyUnicode_DATA(object text) noexcept


@cython.final
cdef class JsonBuffer:
    cdef bytearray _buffer
    cdef Py_ssize_t _length
    cdef readonly int64_t events

    cpdef begin(self)
    cpdef put(self, object piece)
    cpdef put_encoded(self, bytes piece)
    cpdef put_quoted(self, str name, object piece)

    @cython.locals(decimal_places=Py_ssize_t)
    cpdef put_decimal(self, str name, Increment increment, int64_t steps)

    cpdef put_decimal_or_null(self, str name, Increment increment, int64_t steps)
    cpdef put_amount(self, str name, object units, Py_ssize_t decimals)
    cpdef put_id(self, str name, int64_t number)
    cpdef put_number(self, str name, int64_t number)
    cpdef put_null(self, str name)
    cpdef clear(self)
    cpdef str to_text(self)
    cpdef bytes to_message(self, object previous, object sequence)


cdef inline char *make_room(bytearray buffer, Py_ssize_t length, Py_ssize_t more) except NULL:
    """Make room for `more` bytes, and return where they go."""
    if length + more > PyByteArray_GET_SIZE(buffer):
        PyByteArray_Resize(buffer, 2 * (length + more))
    return PyByteArray_AS_STRING(buffer) + length


cdef inline const char *find_characters(object text) except NULL:
    if not PyUnicode_Check(text) or not PyUnicode_IS_ASCII(text):
        raise ValueError(f"{text!r} is no ASCII text")
    return <const char *>PyUnicode_DATA(text)


cdef inline Py_ssize_t put_bytes(bytearray buffer, Py_ssize_t length, bytes piece) except -1:
    cdef Py_ssize_t size = PyBytes_GET_SIZE(piece)
    memcpy(make_room(buffer, length, size), PyBytes_AS_STRING(piece), size)
    return length + size


cdef inline Py_ssize_t put_characters(
    bytearray buffer, Py_ssize_t length, object piece
) except -1:
    cdef const char *characters = find_characters(piece)
    cdef Py_ssize_t size = PyUnicode_GET_LENGTH(piece)
    memcpy(make_room(buffer, length, size), characters, size)
    return length + size


cdef inline Py_ssize_t put_quoted_characters(
    bytearray buffer, Py_ssize_t length, str name, object piece
) except -1:
    cdef const char *first = find_characters(name)
    cdef const char *characters = find_characters(piece)
    cdef Py_ssize_t before = PyUnicode_GET_LENGTH(name)
    cdef Py_ssize_t size = PyUnicode_GET_LENGTH(piece)
    cdef char *at = make_room(buffer, length, before + size + 2)
    memcpy(at, first, before)
    at[before] = c'"'
    memcpy(at + before + 1, characters, size)
    at[before + 1 + size] = c'"'
    return length + before + size + 2


cdef inline Py_ssize_t put_quoted_decimal(
    bytearray buffer, Py_ssize_t length, str name, int64_t value, Py_ssize_t decimal_places
) except -1:
    cdef const char *first = find_characters(name)
    cdef Py_ssize_t before = PyUnicode_GET_LENGTH(name)
    cdef char *at = make_room(buffer, length, before + MAX_SCALED_LENGTH + 2)
    memcpy(at, first, before)
    at[before] = c'"'
    before += 1 + write_scaled(at + before + 1, value, decimal_places)
    at[before] = c'"'
    return length + before + 1


cdef inline Py_ssize_t put_whole_number(
    bytearray buffer, Py_ssize_t length, str name, int64_t value
) except -1:
    cdef const char *first = find_characters(name)
    cdef Py_ssize_t before = PyUnicode_GET_LENGTH(name)
    cdef char *at = make_room(buffer, length, before + MAX_SCALED_LENGTH)
    memcpy(at, first, before)
    return length + before + write_scaled(at + before, value, 0)


cdef inline str take_characters(bytearray buffer, Py_ssize_t length):
    return PyUnicode_DecodeASCII(PyByteArray_AS_STRING(buffer), length, NULL)
