from libc.stdint cimport uint32_t

from engine.core.state cimport Book, CommandRecord, Core


cdef class Matcher:
    cdef Core core

    cdef list run(self, const CommandRecord* command)
    cdef Book* book(self, object symbol) except NULL
    cdef bytes book_records(self, uint32_t symbol)
    cdef bytes saved_orders(self)
    cdef int restore(self, object saved) except -1
