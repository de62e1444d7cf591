"""Plain JSON where it stands in a message: ASCII without escapes, read and written in C.

What is read ends with a zero, which nothing here takes for a part of it. A function that reads
takes where something begins, and returns what is behind it; NULL for what is not plain. One that
writes writes at `at`, and returns what is behind it; nothing is escaped: words, identifiers and
symbols need none.
"""

from libc.stdint cimport int64_t
from libc.string cimport memcmp, memcpy

cdef extern from *:
    """
    #include <string.h>
    static inline __attribute__((always_inline)) char* goquant_put(char* at, const char* piece) {
        size_t size = strlen(piece);  /* known where it is compiled */
        memcpy(at, piece, size);
        return at + size;
    }
    """
    char* put "goquant_put"(char* at, const char* piece) noexcept

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, Py_UCS4 highest)
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    void* PyUnicode_DATA(object text) noexcept

cdef enum:
    MAX_DIGITS = 18  # always fit into 64 bits
    MAX_WHOLE_DIGITS = 15
    MAX_IDENTIFIER = 64

# `at` is NULL if there is no such field.
cdef struct Text:
    const char* at
    Py_ssize_t size


cdef inline bint is_word(const Text* text, const char* word, Py_ssize_t size) noexcept:
    return text.size == size and not memcmp(text.at, word, size)


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


cdef inline bint is_same(object word, const Text* text) noexcept:
    """Whether an ASCII str has these characters."""
    return is_word(text, <const char*>PyUnicode_DATA(word), PyUnicode_GET_LENGTH(word))


cdef inline const char* skip_blanks(const char* at) noexcept:
    while at[0] == c" " or c"\t" <= at[0] <= c"\n" or at[0] == c"\r":
        at += 1
    return at


cdef inline const char* read_string(const char* at, Text* text) noexcept:
    if at[0] != c'"':
        return NULL
    at += 1
    text.at = at
    while at[0] != c'"':
        if at[0] < 0x20 or at[0] == c"\\" or at[0] > 0x7e:
            return NULL
        at += 1
    text.size = at - text.at
    return at + 1


cdef inline const char* read_name(const char* at, Text* name) noexcept:
    """Read a field's name and the colon; return where its value begins."""
    at = read_string(skip_blanks(at), name)
    if at is NULL:
        return NULL
    at = skip_blanks(at)
    return skip_blanks(at + 1) if at[0] == c":" else NULL


cdef inline char* put_plain(char* at, const Text* text) noexcept:
    """Put text as it is."""
    memcpy(at, text.at, text.size)
    return at + text.size


cdef inline char* put_text(char* at, object text) noexcept:
    """Put an ASCII str as it is."""
    cdef Py_ssize_t size = PyUnicode_GET_LENGTH(text)
    memcpy(at, PyUnicode_DATA(text), size)
    return at + size
