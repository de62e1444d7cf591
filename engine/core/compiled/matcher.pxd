from libc.stdint cimport uint32_t, uint64_t

from engine.core.compiled.snapshot cimport write_few_t
from engine.core.compiled.state cimport Book, CommandRecord, Core, EventRecord, Ledger, Special


cdef enum:
    FEW_EVENTS = 4  # lie in the object itself


cdef class Events:
    cdef Py_ssize_t size
    cdef EventRecord* records
    cdef EventRecord few[FEW_EVENTS]

    cdef list rows(self)


cdef class Matcher:
    cdef Core core

    cdef void carry_out(self, const CommandRecord* command) noexcept
    cdef void carry_out_special(
        self, const CommandRecord* command, const Special* special
    ) noexcept
    cdef void end_joined(self) noexcept
    cdef Events run(self, const CommandRecord* command)
    cdef object run_records(self, const CommandRecord* commands, uint64_t count)
    cdef Book* book(self, object symbol) except NULL
    cdef bytes book_records(self, uint32_t symbol)
    cdef bytes few_records(self, bytes records, write_few_t write, size_t size)
    cdef bytes extra_records(self, bytes records)
    cdef bytes list_records(self, bytes records)
    cdef bytes trailing_records(self, bytes records)
    cdef bytes saved_orders(self)
    cdef Ledger* ledger(self) except NULL
    cdef int check_holds(self, object symbol, object terms) except -1
    cdef int check_place(self, object account, object asset) except -1
    cdef object saved_ledger(self)
    cdef object saved_prevented(self)
    cdef int restore_ledger(self, object saved) except -1
    cdef int restore_rates(self, object saved) except -1
    cdef int restore(self, object saved) except -1
