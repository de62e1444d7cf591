"""The queue of orders that a command deals with later, by arrival: fired triggers, cancel_all."""

from libc.stdint cimport uint32_t

from engine.core.compiled.memory cimport grown
from engine.core.compiled.state cimport Core, QueuedOrder, slot_t

cdef extern from "stdlib.h" nogil:
    ctypedef int (*compare_t)(const void*, const void*) noexcept nogil
    void qsort(void* first, size_t count, size_t size, compare_t compare) noexcept


cdef inline void enqueue(Core* core, slot_t slot) noexcept nogil:
    cdef size_t size = core.queue_capacity * sizeof(QueuedOrder)
    if core.queue_count == core.queue_capacity:
        core.queue = <QueuedOrder*>grown(core.queue, size, 2 * size)
        core.queue_capacity *= 2
    core.queue[core.queue_count] = QueuedOrder(core.pool[slot].arrival, slot)
    core.queue_count += 1


cdef inline int compare_arrivals(const void* left, const void* right) noexcept nogil:
    return -1 if (<const QueuedOrder*>left).arrival < (<const QueuedOrder*>right).arrival else 1


cdef inline void sort_queue(Core* core, uint32_t first) noexcept nogil:
    """Sort what was queued from place `first` on, by arrival."""
    qsort(
        core.queue + first, core.queue_count - first, sizeof(QueuedOrder), compare_arrivals
    )
