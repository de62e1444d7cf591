"""An instrument in numbers, so far as orders are read and written with them."""

from libc.stdint cimport int64_t

# All of its numbers are written and read in C if it `is_simple`: tick and lot are powers of ten
# that are not too small.
cdef struct Grid:
    bint is_simple
    int tick_places
    int lot_places
    int base_places
    int quote_places
    int64_t average_divisor
