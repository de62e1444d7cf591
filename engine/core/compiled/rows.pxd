"""Convert C numbers to and from Python objects."""

from cpython.list cimport PyList_New, PyList_SET_ITEM
from cpython.long cimport PyLong_AsLongLongAndOverflow, PyLong_FromLongLong
from cpython.number cimport PyNumber_Index
from cpython.ref cimport Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t

from engine.core.compiled.book cimport level_at, worse_price
from engine.core.compiled.state cimport (
    FEE_UNIT,
    MAX_SYMBOLS,
    NO_ASK,
    NO_BID,
    Book,
    EventRecord,
    Wide,
    price_t,
)


cdef inline int64_t to_int64(object number, int64_t bad=-1) except? -1:
    """Convert an int to 64 bits; one that does not fit becomes `bad`, which no field may accept."""
    cdef int overflow = 0
    cdef int64_t value = PyLong_AsLongLongAndOverflow(number, &overflow)
    return bad if overflow else value


cdef inline uint8_t to_code(object number) except? 255:
    """Convert a code to a byte; one that does not fit becomes 255, which no field accepts."""
    cdef int64_t value = to_int64(number)
    return <uint8_t>value if 0 <= value < 255 else 255


cdef inline int32_t to_symbol(object number) except? -2:
    """Convert a symbol to 32 bits; one that does not fit becomes -2, which no command accepts."""
    cdef int64_t value = to_int64(number, -2)
    return <int32_t>value if -1 <= value < MAX_SYMBOLS else -2


cdef inline uint32_t to_fee(object rate) except? 4294967295:
    """Convert a fee rate; ValueError if it is not from 0 to FEE_UNIT."""
    if not 0 <= PyNumber_Index(rate) <= FEE_UNIT:
        raise ValueError(f"a fee rate is from 0 to {FEE_UNIT}, not {rate}")
    return rate


cdef inline object from_wide(const Wide* amount):
    return (<object>amount.high << 64) + amount.low


cdef inline void set_number(tuple row, Py_ssize_t place, int64_t value):
    cdef object number = PyLong_FromLongLong(value)
    Py_INCREF(number)
    PyTuple_SET_ITEM(row, place, number)


cdef inline tuple event_row(const EventRecord* event):
    cdef tuple row = PyTuple_New(11)
    set_number(row, 0, event.head & 0xFF)
    set_number(row, 1, (event.head >> 8) & 0xFF)
    set_number(row, 2, <int32_t>(event.head >> 16))
    set_number(row, 3, (event.head >> 48) & 0xFF)
    set_number(row, 4, event.order_id)
    set_number(row, 5, event.other_id)
    set_number(row, 6, event.price)
    set_number(row, 7, event.quantity)
    set_number(row, 8, event.remaining)
    set_number(row, 9, event.other_remaining)
    set_number(row, 10, event.number)
    return row


cdef inline list event_rows(const EventRecord* events, Py_ssize_t count):
    cdef list rows = PyList_New(count)
    cdef tuple row
    cdef Py_ssize_t i
    for i in range(count):
        row = event_row(&events[i])
        Py_INCREF(row)
        PyList_SET_ITEM(rows, i, row)
    return rows


cdef inline list side_rows(Book* book, int side, int64_t depth):
    """Return the best `depth` levels as (price, quantity); all if `depth` is not above 0."""
    cdef price_t price = book.best[side]
    cdef list rows = []
    while price != NO_BID and price != NO_ASK:
        rows.append((price, level_at(book, side, price).quantity))
        if len(rows) == depth:
            break
        price = worse_price(book, side, price)
    return rows
