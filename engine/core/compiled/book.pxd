"""The price levels of one book: an array over a window of ticks, sorted blocks outside it.

A price's place in the window is the price modulo its size, so that a window that moves leaves the
levels that stay in it in place. Both sides share the array, since a price at rest belongs
to one side only; each side has its own bitmap.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free

from engine.core.compiled cimport bitmap
from engine.core.compiled.memory cimport HUGE_PAGE, allocate, grown
from engine.core.compiled.sorted_levels cimport (
    find_level,
    free_levels,
    insert_level,
    price_above,
    price_below,
    remove_level,
)
from engine.core.compiled.state cimport (
    BUY,
    NO_ASK,
    NO_BID,
    SELL,
    WINDOW,
    Book,
    Core,
    Level,
    Order,
    likely,
    price_t,
    qty_t,
    slot_t,
)

cdef enum:
    FAR_OPERATIONS = 256  # at least so many before the window moves, to pay for the move


cdef inline Book* new_book() noexcept nogil:
    cdef Book* book = <Book*>allocate(sizeof(Book))
    book.best[SELL] = NO_ASK
    book.rise_at = NO_ASK
    book.base = -NO_ASK // 2
    return book


cdef inline void free_book(Book* book) noexcept nogil:
    cdef uint32_t side
    for side in range(2):
        free_levels(&book.far[side])
        free_levels(&book.waiting[side])
        free(book.trails[side].records)
    free(book)


cdef inline void append(Order* pool, Level* level, slot_t slot) noexcept nogil:
    cdef Order* order = &pool[slot]
    order.next = 0
    order.prev = level.tail
    if level.tail:
        pool[level.tail].next = slot
    else:
        level.head = slot
    level.tail = slot
    level.quantity += order.remaining


cdef inline void unlink(Order* pool, Level* level, slot_t slot) noexcept nogil:
    cdef const Order* order = &pool[slot]
    if order.prev:
        pool[order.prev].next = order.next
    else:
        level.head = order.next
    if order.next:
        pool[order.next].prev = order.prev
    else:
        level.tail = order.prev
    level.quantity -= order.remaining


cdef inline bint is_near(const Book* book, price_t price) noexcept nogil:
    return <uint64_t>(price - book.base) < <uint64_t>WINDOW


cdef inline uint32_t index_of(price_t price) noexcept nogil:
    return <uint32_t>price & (WINDOW - 1)


cdef inline bint is_better(uint32_t side, price_t price, price_t than) noexcept nogil:
    return price > than if side == BUY else price < than


cdef inline bint crosses(uint32_t side, price_t limit, price_t best) noexcept nogil:
    """Whether an order with this limit trades at the other side's best price."""
    return limit >= best if side == BUY else limit <= best


cdef inline Level* level_at(Book* book, uint32_t side, price_t price) noexcept nogil:
    """Return the level, or NULL if nothing rests."""
    if likely(is_near(book, price)):
        if likely(bitmap.contains(&book.near[side], index_of(price))):
            return &book.window[index_of(price)]
        return NULL
    return find_level(&book.far[side], price)


cdef inline qty_t quantity_at(Book* book, uint32_t side, price_t price) noexcept nogil:
    cdef Level* level = level_at(book, side, price)
    return level.quantity if level != NULL else 0


cdef inline price_t near_above(const Book* book, uint32_t side, price_t price) noexcept nogil:
    cdef price_t start = max(price + 1, book.base)
    cdef price_t end = book.base + WINDOW
    cdef int found
    if start >= end or book.near_levels == 0:
        return NO_ASK
    found = bitmap.next_member(&book.near[side], index_of(start))
    if found == bitmap.EMPTY:
        return NO_ASK
    start += index_of(found - start)
    return start if start < end else NO_ASK


cdef inline price_t near_below(const Book* book, uint32_t side, price_t price) noexcept nogil:
    cdef price_t start = min(price - 1, book.base + WINDOW - 1)
    cdef int found
    if start < book.base or book.near_levels == 0:
        return NO_BID
    found = bitmap.previous_member(&book.near[side], index_of(start))
    if found == bitmap.EMPTY:
        return NO_BID
    start -= index_of(start - found)
    return start if start >= book.base else NO_BID


cdef inline price_t worse_price(const Book* book, uint32_t side, price_t price) noexcept nogil:
    """Return the next worse price on a side of the book; NO_BID or NO_ASK after the last."""
    if side == BUY:
        return max(near_below(book, BUY, price), price_below(&book.far[BUY], price, NO_BID))
    return min(near_above(book, SELL, price), price_above(&book.far[SELL], price, NO_ASK))


cdef inline void drop_level(Book* book, uint32_t side, price_t price) noexcept nogil:
    """Take an emptied level out of the book."""
    if likely(is_near(book, price)):
        bitmap.discard(&book.near[side], index_of(price))
        book.near_levels -= 1
    else:
        remove_level(&book.far[side], price)
    if price == book.best[side]:
        book.best[side] = worse_price(book, side, price)


cdef inline void open_window(Core* core, Book* book) noexcept nogil:
    """Give the book its array; two books share a huge page."""
    cdef size_t size = core.window_block_count * sizeof(void*)
    if core.spare_window != NULL:
        book.window = core.spare_window
        core.spare_window = NULL
        return
    core.window_blocks = <void**>grown(core.window_blocks, size, size + sizeof(void*))
    book.window = <Level*>allocate(HUGE_PAGE)
    core.spare_window = book.window + WINDOW
    core.window_blocks[core.window_block_count] = book.window
    core.window_block_count += 1


cdef inline void evict(Book* book, uint32_t side, price_t first, price_t end) noexcept nogil:
    """Move the levels of a part of the window to the far ones."""
    cdef price_t price = near_above(book, side, first - 1)
    while price < end:
        insert_level(&book.far[side], price)[0] = book.window[index_of(price)]
        book.window[index_of(price)] = Level(0, 0, 0)
        bitmap.discard(&book.near[side], index_of(price))
        book.near_levels -= 1
        price = near_above(book, side, price)


cdef inline void admit(Book* book, uint32_t side) noexcept nogil:
    """Move the far levels that the window now covers into it."""
    cdef price_t price = price_above(&book.far[side], book.base - 1, NO_ASK)
    while price < book.base + WINDOW:
        book.window[index_of(price)] = find_level(&book.far[side], price)[0]
        remove_level(&book.far[side], price)
        bitmap.insert(&book.near[side], index_of(price))
        book.near_levels += 1
        price = price_above(&book.far[side], price, NO_ASK)


cdef inline void move_window(Core* core, Book* book, price_t centre) noexcept nogil:
    cdef price_t base = centre - WINDOW // 2
    cdef price_t end = book.base + WINDOW
    cdef uint32_t side
    if book.window == NULL:
        open_window(core, book)
    for side in range(2):
        if base > book.base:
            evict(book, side, book.base, min(base, end))
        else:
            evict(book, side, max(base + WINDOW, book.base), end)
    book.base = base
    book.far_operations = 0
    for side in range(2):
        admit(book, side)


cdef inline price_t touch_centre(const Book* book, uint32_t side) noexcept nogil:
    """Return the window's centre: the middle of a narrow spread, else the side's best price."""
    if book.best[BUY] and book.best[SELL] - book.best[BUY] < WINDOW // 2:
        return (book.best[BUY] + book.best[SELL]) // 2
    return book.best[side]


cdef inline void follow_touch(Core* core, Book* book, uint32_t side, price_t price) noexcept nogil:
    """Move the window when enough orders near the best price have missed it.

    A move costs what leaves and what enters; waiting for as many misses as the window has levels
    keeps the cost of an order constant, whatever the prices do.
    """
    cdef price_t distance = price - book.best[side]
    if -WINDOW // 2 < distance < WINDOW // 2:
        book.far_operations += 1
    if book.far_operations > FAR_OPERATIONS + book.near_levels:
        move_window(core, book, touch_centre(book, side))


cdef inline Level* open_far_level(
    Core* core, Book* book, uint32_t side, price_t price
) noexcept nogil:
    if book.near_levels == 0:
        move_window(core, book, price)
    else:
        follow_touch(core, book, side, price)
    if likely(is_near(book, price)):
        return open_near_level(book, side, price)
    return insert_level(&book.far[side], price)


cdef inline Level* open_near_level(Book* book, uint32_t side, price_t price) noexcept nogil:
    cdef Level* level = &book.window[index_of(price)]
    if level.head == 0:
        bitmap.insert(&book.near[side], index_of(price))
        book.near_levels += 1
    return level


cdef inline Level* open_level(Core* core, Book* book, uint32_t side, price_t price) noexcept nogil:
    """Return the level for an order about to rest; make it if there is none."""
    if is_better(side, price, book.best[side]):
        book.best[side] = price
    if likely(is_near(book, price)):
        return open_near_level(book, side, price)
    return open_far_level(core, book, side, price)
