"""Trailing stops follow the market: they begin, move with trades, and leave.

The first order of each heap of a trail waits for its stop price among all other orders that wait;
the rest wait behind it. So a trade looks at nothing but the next stop price either way, and the
last extreme of either side, which `watch` keeps as two prices.
"""

from libc.stdint cimport uint32_t, uint64_t

from engine.core.compiled.book cimport append, unlink
from engine.core.compiled.extras cimport extra_at
from engine.core.compiled.sorted_levels cimport (
    find_level,
    insert_level,
    price_above,
    price_below,
    remove_level,
)
from engine.core.compiled.state cimport (
    BUY,
    NO_ASK,
    SELL,
    UNITS,
    Book,
    Core,
    Level,
    Order,
    Trail,
    Trails,
    price_t,
    slot_t,
)
from engine.core.compiled.state_hash cimport trail_weight
from engine.core.compiled.trails cimport (
    drop_empty,
    is_beyond,
    is_empty,
    join,
    last_trail,
    open_trail,
    shown_extreme,
    stop_from,
    take_out,
    trail_of,
)


cdef inline void watch(Book* book) noexcept nogil:
    """Note the prices at which a trade reaches a stop price, or goes beyond an extreme."""
    cdef const Trails* sells = &book.trails[SELL]
    cdef const Trails* buys = &book.trails[BUY]
    book.rise_at = price_above(&book.waiting[1], 0, NO_ASK)
    book.fall_at = price_below(&book.waiting[0], NO_ASK, 0)
    if sells.count:
        book.rise_at = min(book.rise_at, last_trail(sells).extreme + 1)
    if buys.count:
        book.fall_at = max(book.fall_at, last_trail(buys).extreme - 1)


cdef inline void let_wait(
    Core* core, uint32_t symbol, uint32_t side, const Trail* trail, uint32_t unit
) noexcept nogil:
    """Have the first order of a heap wait for its stop price, if it has one."""
    cdef slot_t slot = trail.roots[unit]
    cdef price_t stop_price
    if slot == 0:
        return
    stop_price = stop_from(side, trail.extreme, extra_at(core, slot))
    if stop_price:
        append(
            core.pool,
            insert_level(&core.books[symbol].waiting[side == BUY], stop_price),
            slot,
        )


cdef inline void let_go(
    Core* core, uint32_t symbol, uint32_t side, const Trail* trail, uint32_t unit
) noexcept nogil:
    """Do the opposite of `let_wait`."""
    cdef slot_t slot = trail.roots[unit]
    cdef Book* book = core.books[symbol]
    cdef price_t stop_price
    cdef Level* level
    if slot == 0:
        return
    stop_price = stop_from(side, trail.extreme, extra_at(core, slot))
    if stop_price:
        level = find_level(&book.waiting[side == BUY], stop_price)
        unlink(core.pool, level, slot)
        if level.head == 0:
            remove_level(&book.waiting[side == BUY], stop_price)


cdef inline void add_heap(
    Core* core, uint32_t symbol, uint32_t side, Trail* trail, uint32_t unit, slot_t root
) noexcept nogil:
    """Join a heap to that of a trail, and have the first of both wait."""
    let_go(core, symbol, side, trail, unit)
    trail.roots[unit] = join(core, trail.roots[unit], root)
    let_wait(core, symbol, side, trail, unit)


cdef inline void enter_trail(Core* core, slot_t slot) noexcept nogil:
    """Have an order that is stored, and whose trail is open, follow the price."""
    cdef const Order* order = &core.pool[slot]
    cdef Trail* trail = trail_of(core, order)
    core.books[order.symbol].trails[order.side].latest = order.arrival
    trail.weight += trail_weight(order)
    add_heap(core, order.symbol, order.side, trail, extra_at(core, slot).unit, slot)
    watch(core.books[order.symbol])


cdef inline void leave_trail(Core* core, slot_t slot, bint is_fired) noexcept nogil:
    """Take an order that is out of the hash off its trail, and the next one forward.

    One that is fired is the first of a level that is dropped as a whole: its own links stay.
    """
    cdef const Order* order = &core.pool[slot]
    cdef Trails* trails = &core.books[order.symbol].trails[order.side]
    cdef Trail* trail = trail_of(core, order)
    cdef uint32_t unit = extra_at(core, slot).unit
    cdef bint is_first = trail.roots[unit] == slot
    trail.weight -= trail_weight(order)
    if is_first and not is_fired:
        let_go(core, order.symbol, order.side, trail, unit)
    take_out(core, trail, slot)
    if is_first:
        let_wait(core, order.symbol, order.side, trail, unit)
    if is_empty(trail):
        drop_empty(trails)


cdef inline void follow(Core* core, uint32_t symbol, uint32_t side, price_t price) noexcept nogil:
    """Have the trails whose extreme a trade has passed follow it: they become one."""
    cdef Trails* trails = &core.books[symbol].trails[side]
    cdef slot_t roots[2]
    cdef uint64_t weight = 0, since = 0
    cdef uint32_t unit
    cdef Trail* trail
    roots[0] = roots[1] = 0
    while trails.count and is_beyond(side, price, last_trail(trails).extreme):
        trail = last_trail(trails)
        trails.empty -= is_empty(trail)
        core.order_hash += <uint64_t>(price - shown_extreme(trail.extreme)) * trail.weight
        for unit in range(UNITS):
            let_go(core, symbol, side, trail, unit)
            roots[unit] = join(core, roots[unit], trail.roots[unit])
        weight += trail.weight
        since = trail.since
        trails.count -= 1
    if roots[0] or roots[1]:
        trail = open_trail(trails, price, since)
        trail.weight += weight
        for unit in range(UNITS):
            add_heap(core, symbol, side, trail, unit, roots[unit])
