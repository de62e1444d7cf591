"""Memory that is zeroed, aligned, and backed by huge pages if the system offers them."""

from libc.stdlib cimport free
from libc.string cimport memcpy, memset

cdef extern from *:
    """
    #include <stdio.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    static void goquant_advise(void* memory, size_t size) {
    #ifdef MADV_HUGEPAGE
        if (size >= ((size_t)1 << 21)) madvise(memory, size, MADV_HUGEPAGE);
    #else
        (void)memory; (void)size;
    #endif
    }
    static void goquant_die(void) {
        fputs("engine.core: out of memory\\n", stderr);
        abort();
    }
    """
    void advise "goquant_advise"(void* memory, size_t size) noexcept nogil
    void die "goquant_die"() noexcept nogil

cdef extern from "stdlib.h" nogil:
    int posix_memalign(void** memory, size_t alignment, size_t size) noexcept

cdef enum:
    CACHE_LINE = 64
    HUGE_PAGE = 2097152


cdef inline void* allocate(size_t size) noexcept nogil:
    """Allocate zeroed memory; never NULL.

    If the machine has no memory left the process ends, because a command half done cannot be
    undone. What was not committed is run again after a restart.
    """
    cdef void* memory = NULL
    cdef size_t alignment = HUGE_PAGE if size >= HUGE_PAGE else CACHE_LINE
    if posix_memalign(&memory, alignment, size) != 0:
        die()
    advise(memory, size)
    memset(memory, 0, size)
    return memory


cdef inline void* grown(void* memory, size_t old_size, size_t new_size) noexcept nogil:
    """Move bytes to a larger place, with zeroes behind them, and return it."""
    cdef void* larger = allocate(new_size)
    if old_size:
        memcpy(larger, memory, old_size)
    free(memory)
    return larger
