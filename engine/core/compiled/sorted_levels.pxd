"""Levels in price order, for prices of any distance: sorted blocks of up to 128.

Holds the price levels outside a book's window, and the orders that wait for a stop price.
A search is two binary searches; an insertion or a removal moves at most one block's entries.
Pointers to levels hold until the next insertion or removal.
"""

from libc.stdint cimport uint32_t
from libc.stdlib cimport free
from libc.string cimport memmove

from engine.core.compiled.memory cimport allocate, grown
from engine.core.compiled.state cimport BLOCK, Level, LevelBlock, SortedLevels, price_t


cdef inline uint32_t block_for(const SortedLevels* levels, price_t price) noexcept nogil:
    """Return the last block that begins at or below `price`, else the first."""
    cdef uint32_t low = 0, high = levels.count, middle
    while high - low > 1:
        middle = (low + high) // 2
        if levels.blocks[middle].prices[0] <= price:
            low = middle
        else:
            high = middle
    return low


cdef inline uint32_t place_in(const LevelBlock* block, price_t price) noexcept nogil:
    """Return the first place whose price is not below `price`."""
    cdef uint32_t low = 0, high = block.count, middle
    while low < high:
        middle = (low + high) // 2
        if block.prices[middle] < price:
            low = middle + 1
        else:
            high = middle
    return low


cdef inline Level* find_level(const SortedLevels* levels, price_t price) noexcept nogil:
    cdef LevelBlock* block
    cdef uint32_t place
    if levels.count == 0:
        return NULL
    block = levels.blocks[block_for(levels, price)]
    place = place_in(block, price)
    if place < block.count and block.prices[place] == price:
        return &block.levels[place]
    return NULL


cdef inline void insert_block(
    SortedLevels* levels, uint32_t at, LevelBlock* block
) noexcept nogil:
    cdef size_t size = levels.capacity * sizeof(void*)
    if levels.count == levels.capacity:
        levels.blocks = <LevelBlock**>grown(levels.blocks, size, 2 * size + 8 * sizeof(void*))
        levels.capacity = 2 * levels.capacity + 8
    memmove(&levels.blocks[at + 1], &levels.blocks[at], (levels.count - at) * sizeof(void*))
    levels.blocks[at] = block
    levels.count += 1


cdef inline void remove_block(SortedLevels* levels, uint32_t at) noexcept nogil:
    free(levels.blocks[at])
    levels.count -= 1
    memmove(&levels.blocks[at], &levels.blocks[at + 1], (levels.count - at) * sizeof(void*))


cdef inline void move_entries(
    LevelBlock* target, uint32_t to, const LevelBlock* source, uint32_t start, uint32_t count
) noexcept nogil:
    memmove(&target.prices[to], &source.prices[start], count * sizeof(price_t))
    memmove(&target.levels[to], &source.levels[start], count * sizeof(Level))


cdef inline void split_block(SortedLevels* levels, uint32_t at) noexcept nogil:
    cdef LevelBlock* full = levels.blocks[at]
    cdef LevelBlock* upper = <LevelBlock*>allocate(sizeof(LevelBlock))
    full.count = BLOCK // 2
    upper.count = BLOCK - BLOCK // 2
    move_entries(upper, 0, full, full.count, upper.count)
    insert_block(levels, at + 1, upper)


cdef inline LevelBlock* block_with_room(SortedLevels* levels, price_t price) noexcept nogil:
    cdef uint32_t at
    if levels.count == 0:
        insert_block(levels, 0, <LevelBlock*>allocate(sizeof(LevelBlock)))
    at = block_for(levels, price)
    if levels.blocks[at].count == BLOCK:
        split_block(levels, at)
        at = block_for(levels, price)
    return levels.blocks[at]


cdef inline Level* insert_level(SortedLevels* levels, price_t price) noexcept nogil:
    """Return the level at `price`; make an empty one if there is none."""
    cdef Level* level = find_level(levels, price)
    cdef LevelBlock* block
    cdef uint32_t place
    if level != NULL:
        return level
    block = block_with_room(levels, price)
    place = place_in(block, price)
    move_entries(block, place + 1, block, place, block.count - place)
    block.count += 1
    block.prices[place] = price
    block.levels[place] = Level(0, 0, 0)
    return &block.levels[place]


cdef inline void join_blocks(SortedLevels* levels, uint32_t at) noexcept nogil:
    """Empty block `at` + 1 into block `at` if both together fill at most half of one."""
    cdef LevelBlock* left
    cdef LevelBlock* right
    if at + 1 >= levels.count:
        return
    left = levels.blocks[at]
    right = levels.blocks[at + 1]
    if left.count + right.count <= BLOCK // 2:
        move_entries(left, left.count, right, 0, right.count)
        left.count += right.count
        remove_block(levels, at + 1)


cdef inline void remove_level(SortedLevels* levels, price_t price) noexcept nogil:
    """Take out a level that is there."""
    cdef uint32_t at = block_for(levels, price)
    cdef LevelBlock* block = levels.blocks[at]
    cdef uint32_t place = place_in(block, price)
    block.count -= 1
    move_entries(block, place, block, place + 1, block.count - place)
    if block.count == 0:
        remove_block(levels, at)
        return
    join_blocks(levels, at)
    if at > 0:
        join_blocks(levels, at - 1)


cdef inline price_t price_above(
    const SortedLevels* levels, price_t price, price_t none
) noexcept nogil:
    """Return the lowest price above `price`, or `none`."""
    cdef uint32_t at, place
    if levels.count == 0:
        return none
    at = block_for(levels, price)
    place = place_in(levels.blocks[at], price + 1)
    if place < levels.blocks[at].count:
        return levels.blocks[at].prices[place]
    return levels.blocks[at + 1].prices[0] if at + 1 < levels.count else none


cdef inline price_t price_below(
    const SortedLevels* levels, price_t price, price_t none
) noexcept nogil:
    """Return the highest price below `price`, or `none`."""
    cdef uint32_t at, place
    if levels.count == 0:
        return none
    at = block_for(levels, price - 1)
    place = place_in(levels.blocks[at], price)
    return levels.blocks[at].prices[place - 1] if place else none


cdef inline void free_levels(SortedLevels* levels) noexcept nogil:
    cdef uint32_t i
    for i in range(levels.count):
        free(levels.blocks[i])
    free(levels.blocks)
