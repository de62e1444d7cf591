"""Write JSON where it stands in the end: each function writes at `at` and returns what is behind.

Nothing is escaped: words, identifiers and symbols need none.
"""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from engine.core.compiled.memory cimport die
from protocol.plain_text cimport put, put_text

cdef extern from *:
    """
    #include <stdlib.h>
    typedef __int128 goquant_wide;
    """
    void* realloc(void* memory, size_t size) noexcept
    ctypedef long long wide "goquant_wide"

cdef enum:
    ROOM = 4096  # of the longest event: a report with a name, a former name and a fill
    AVERAGE_PLACES = 8
    MOST_PLACES = 18
    MOST_DIGITS = 20

# Events in JSON with commas between them, in memory that is kept for the next ones.
cdef struct Buffer:
    char* start
    size_t size
    size_t capacity
    int64_t events


cdef inline char* continue_event(Buffer* buffer) noexcept:
    """Make room for more of an event."""
    if buffer.size + ROOM > buffer.capacity:
        buffer.capacity = 2 * (buffer.size + ROOM)
        buffer.start = <char*>realloc(buffer.start, buffer.capacity)
        if buffer.start is NULL:
            die()
    return buffer.start + buffer.size


cdef inline char* begin_event(Buffer* buffer) noexcept:
    """Make room for an event, and put the comma before it unless it is the first."""
    cdef char* at = continue_event(buffer)
    if buffer.events:
        at = put(at, b",")
    buffer.events += 1
    return at


cdef inline void end_event(Buffer* buffer, const char* end) noexcept:
    buffer.size = end - buffer.start


cdef inline void empty(Buffer* buffer) noexcept:
    buffer.size = buffer.events = 0


cdef inline char* write_scaled(char* text, uint64_t value, int places) noexcept:
    """Write `value` / 10**places with that many places, at most MOST_PLACES; return its end."""
    cdef char digits[2 * MOST_DIGITS]
    cdef char* end = digits + 2 * MOST_DIGITS
    cdef char* at = end
    cdef char* point = end - places
    while value or at > point:
        at -= 1
        at[0] = <char>(c"0" + value % 10)
        value //= 10
        if at == point and places:
            at -= 1
            at[0] = c"."
            point = end
            places = 0
            if not value:
                at -= 1
                at[0] = c"0"
    if at == end:
        at -= 1
        at[0] = c"0"
    memcpy(text, at, end - at)
    return text + (end - at)


cdef inline char* put_quoted(char* at, object text) noexcept:
    """Put ASCII text in quotes, `null` for None."""
    if text is None:
        return put(at, b"null")
    return put(put_text(put(at, b'"'), text), b'"')


cdef inline char* put_number(char* at, uint64_t number) noexcept:
    return write_scaled(at, number, 0)


cdef inline char* put_decimal(char* at, uint64_t steps, int places) noexcept:
    """Put steps of 10**-places in quotes."""
    at[0] = c'"'
    at = write_scaled(at + 1, steps, places)
    at[0] = c'"'
    return at + 1


cdef inline char* put_price(char* at, uint64_t steps, int places) noexcept:
    """Put steps of 10**-places in quotes, `null` for 0."""
    return put_decimal(at, steps, places) if steps else put(at, b"null")


cdef inline wide divide(wide numerator, wide denominator) noexcept:
    """Return the quotient, a half to the even one."""
    cdef wide quotient = numerator // denominator
    cdef wide twice = 2 * (numerator - quotient * denominator)
    if twice > denominator or (twice == denominator and quotient & 1):
        quotient += 1
    return quotient
