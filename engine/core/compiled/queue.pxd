"""The queue of orders that a command deals with later, by arrival: fired triggers, cancel_all."""

from libc.stdint cimport uint32_t

from engine.core.compiled.memory cimport grown
from engine.core.compiled.state cimport ITS_TURN, Core, Order, QueuedOrder, slot_t

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


cdef inline void await_turns(Core* core, uint32_t first) noexcept nogil:
    """Have what was queued from place `first` on know its place, until its turn comes."""
    cdef uint32_t i
    for i in range(first, core.queue_count):
        core.pool[core.queue[i].slot].waiting = ITS_TURN
        core.pool[core.queue[i].slot].prev = i


cdef inline void unqueue(Core* core, const Order* order) noexcept nogil:
    """Have an order that awaits its turn not get it."""
    core.queue[order.prev].slot = 0
