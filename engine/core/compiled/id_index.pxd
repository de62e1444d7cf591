"""The index from order id to slot: open addressing, eight bytes an entry, no tombstones.

An entry keeps half of the hashed id; the full id is compared in the order itself.
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free

from engine.core.compiled.memory cimport allocate
from engine.core.compiled.state cimport HASH_SPREAD, IdEntry, IdIndex, Order, slot_t


cdef inline uint32_t hash_of(int64_t order_id) noexcept nogil:
    return <uint32_t>((<uint64_t>order_id * HASH_SPREAD) >> 32)


cdef inline void open_index(IdIndex* index, uint32_t size) noexcept nogil:
    """Open an empty index of `size` entries, a power of two; a quarter of them may be taken."""
    index.shift = 32
    index.mask = size - 1
    index.entries = <IdEntry*>allocate(size * sizeof(IdEntry))
    while size > 1:
        size //= 2
        index.shift -= 1


cdef inline slot_t find_slot(
    const IdIndex* index, const Order* pool, int64_t order_id
) noexcept nogil:
    """Return the slot of an open order, or 0."""
    cdef uint32_t hash = hash_of(order_id)
    cdef uint32_t i = hash >> index.shift
    while index.entries[i].slot:
        if index.entries[i].hash == hash and pool[index.entries[i].slot].order_id == order_id:
            return index.entries[i].slot
        i = (i + 1) & index.mask
    return 0


cdef inline void insert_hash(IdIndex* index, uint32_t hash, slot_t slot) noexcept nogil:
    cdef uint32_t i = hash >> index.shift
    while index.entries[i].slot:
        i = (i + 1) & index.mask
    index.entries[i].hash = hash
    index.entries[i].slot = slot


cdef inline void insert_slot(IdIndex* index, int64_t order_id, slot_t slot) noexcept nogil:
    insert_hash(index, hash_of(order_id), slot)


cdef inline void remove_slot(IdIndex* index, int64_t order_id, slot_t slot) noexcept nogil:
    """Take out an entry that is there, and close the gap behind it."""
    cdef uint32_t hole = hash_of(order_id) >> index.shift
    cdef uint32_t i, home
    while index.entries[hole].slot != slot:
        hole = (hole + 1) & index.mask
    i = hole
    while True:
        i = (i + 1) & index.mask
        if index.entries[i].slot == 0:
            break
        home = index.entries[i].hash >> index.shift
        if ((i - home) & index.mask) >= ((i - hole) & index.mask):
            index.entries[hole] = index.entries[i]
            hole = i
    index.entries[hole].slot = 0


cdef inline void grow_index(IdIndex* index) noexcept nogil:
    cdef IdIndex larger
    cdef uint32_t i
    open_index(&larger, 2 * (index.mask + 1))
    for i in range(index.mask + 1):
        if index.entries[i].slot:
            insert_hash(&larger, index.entries[i].hash, index.entries[i].slot)
    free(index.entries)
    index[0] = larger
