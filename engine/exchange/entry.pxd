"""C types of `entry.py`, for its compiled form, and its reader."""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from libc.string cimport memcmp, memcpy

cdef extern from "Python.h":
    str PyUnicode_New(Py_ssize_t size, Py_UCS4 highest)
    void *PyUnicode_DATA(object text) noexcept

cdef dict SIDES
cdef dict ORDER_TYPES
cdef dict PREVENTIONS
cdef dict COMMANDS


@cython.final
@cython.freelist(8)
cdef class Entry:
    cdef readonly str symbol
    cdef readonly object side
    cdef readonly object order_type
    cdef readonly str quantity
    cdef readonly str price
    cdef readonly str stop_price
    cdef readonly str order_id
    cdef readonly str client_order_id
    cdef readonly str account
    cdef readonly object self_trade_prevention
    cdef readonly object command
    cdef readonly str received_at
    cdef readonly str reply_to
    cdef readonly str request_id
    cdef readonly object reason
    cdef readonly object detail
    cdef readonly object seconds
    cdef readonly object scope
    cdef readonly object limits
    cdef readonly object level
    cdef readonly object elapsed
    cdef readonly object ledger
    cdef readonly str asset
    cdef readonly str amount
    cdef readonly str id
    cdef readonly str maker
    cdef readonly str taker

    cpdef copy(self, object entry)
    cpdef bint read(self, bytes raw) except -1


cdef inline const char *end_of_string(const char *at) noexcept:
    """Find the closing quote; NULL if the string is not plain, or `at` is not after a quote."""
    if at[-1] != c'"':
        return NULL
    while at[0] != c'"':
        if at[0] < 0x20 or at[0] == c"\\" or at[0] > 0x7e:  # also the zero after the last byte
            return NULL
        at += 1
    return at


cdef inline str copy_text(const char *first, Py_ssize_t size):
    """Copy ASCII characters to a str."""
    cdef str text = PyUnicode_New(size, 127)
    memcpy(PyUnicode_DATA(text), first, size)
    return text


cdef inline object find_word(dict words, str text):
    """Return what the word means, or None."""
    cdef PyObject *found = PyDict_GetItem(words, text)
    return None if found is NULL else <object>found


cdef inline bint put_field(Entry entry, const char *name, Py_ssize_t size, str text) except -1:
    """Set a field; return False if there is no such field here, or no such word."""
    if size == 4 and not memcmp(name, b"side", 4):
        entry.side = find_word(SIDES, text)
        return entry.side is not None
    if size == 5 and not memcmp(name, b"price", 5):
        entry.price = text
    elif size == 6 and not memcmp(name, b"symbol", 6):
        entry.symbol = text
    elif size == 7 and not memcmp(name, b"account", 7):
        entry.account = text
    elif size == 7 and not memcmp(name, b"command", 7):
        entry.command = find_word(COMMANDS, text)
        return entry.command is not None
    elif size == 8 and not memcmp(name, b"quantity", 8):
        entry.quantity = text
    elif size == 8 and not memcmp(name, b"order_id", 8):
        entry.order_id = text
    elif size == 8 and not memcmp(name, b"reply_to", 8):
        entry.reply_to = text
    elif size == 10 and not memcmp(name, b"order_type", 10):
        entry.order_type = find_word(ORDER_TYPES, text)
        return entry.order_type is not None
    elif size == 10 and not memcmp(name, b"stop_price", 10):
        entry.stop_price = text
    elif size == 10 and not memcmp(name, b"request_id", 10):
        entry.request_id = text
    elif size == 11 and not memcmp(name, b"received_at", 11):
        entry.received_at = text
    elif size == 15 and not memcmp(name, b"client_order_id", 15):
        entry.client_order_id = text
    elif size == 21 and not memcmp(name, b"self_trade_prevention", 21):
        entry.self_trade_prevention = find_word(PREVENTIONS, text)
        return entry.self_trade_prevention is not None
    else:
        return False
    return True


cdef inline bint read_plain(Entry entry, bytes raw) except -1:
    cdef const char *at = PyBytes_AS_STRING(raw)
    cdef const char *end = at + PyBytes_GET_SIZE(raw)
    cdef const char *name
    cdef const char *name_end
    cdef const char *value_end
    if at[0] != c"{":
        return False
    while True:
        # after the brace or a comma: "name":"value"
        if at + 1 >= end:
            return False
        name = at + 2
        name_end = end_of_string(name)
        if name_end is NULL or name_end[1] != c":" or name_end[2] != c'"':
            return False
        at = name_end + 3
        value_end = end_of_string(at)
        if value_end is NULL:
            return False
        if not put_field(entry, name, name_end - name, copy_text(at, value_end - at)):
            return False
        at = value_end + 1
        if at[0] == c"}":
            return at + 1 == end
        if at[0] != c",":
            return False
