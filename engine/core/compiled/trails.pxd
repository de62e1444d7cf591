"""Which trailing stops follow which extreme: the trails of a side, and the heaps in them.

A trailing sell follows the highest price since it began, a buy the lowest. All for which that is
the same are a trail, so that a trade beyond it moves one number however many they are. The trails
of a side lie as they began: the younger one's extreme is nearer to the market. A trade that goes
beyond the last ones joins them; an order that begins is of the last, or of a new one behind it.
Every order's trail is found by its arrival.

Of one trail and one unit, the smallest offset is reached first: the orders are in a pairing heap
for each unit, linked by the orders' own links (`next` sibling; `prev` sibling, or parent of the
first one) and by `Extra.child`. Two heaps are joined at once, an order is taken out in O(log n)
amortized.
"""

from libc.stdint cimport uint32_t, uint64_t

from engine.core.compiled.extras cimport extra_at
from engine.core.compiled.memory cimport grown
from engine.core.compiled.state cimport (
    BASIS_POINT_UNIT,
    BASIS_POINTS,
    BUY,
    ITS_TURN,
    MAX_PRICE,
    NO_ASK,
    NO_BID,
    TRAILING,
    Core,
    Extra,
    Order,
    Trail,
    Trails,
    price_t,
    slot_t,
)

cdef enum:
    FIRST_TRAILS = 8


# Extremes

cdef inline price_t first_extreme(uint32_t side, price_t last_price) noexcept nogil:
    """Return what an order follows at first; before any trade the first one is beyond it."""
    if last_price:
        return last_price
    return NO_ASK if side == BUY else NO_BID


cdef inline bint is_beyond(uint32_t side, price_t price, price_t extreme) noexcept nogil:
    return price < extreme if side == BUY else price > extreme


cdef inline price_t stop_from(uint32_t side, price_t extreme, const Extra* extra) noexcept nogil:
    """Return an order's stop price, 0 if nothing has traded or no trade could reach it."""
    cdef price_t distance = extra.offset
    cdef price_t stop_price
    if extreme == NO_BID or extreme == NO_ASK:
        return 0
    if extra.unit == BASIS_POINTS:
        distance = (extreme * extra.offset + BASIS_POINT_UNIT - 1) // BASIS_POINT_UNIT
    stop_price = extreme + distance if side == BUY else extreme - distance
    return stop_price if 1 <= stop_price <= MAX_PRICE else 0


# Trails

cdef inline Trail* last_trail(const Trails* trails) noexcept nogil:
    """Return the youngest; there must be one."""
    return &trails.records[trails.count - 1]


cdef inline Trail* trail_of(const Core* core, const Order* order) noexcept nogil:
    """Find the trail of an order that trails: the last that began with it or before."""
    cdef const Trails* trails = &core.books[order.symbol].trails[order.side]
    cdef uint32_t low = 0, high = trails.count, middle
    while high - low > 1:
        middle = (low + high) // 2
        if trails.records[middle].since <= order.arrival:
            low = middle
        else:
            high = middle
    return &trails.records[low]


cdef inline price_t shown_extreme(price_t extreme) noexcept nogil:
    """Return an extreme as it is told: 0 before any trade."""
    return extreme if extreme != NO_ASK else 0


cdef inline price_t extreme_of(const Core* core, const Order* order) noexcept nogil:
    """Return what an order follows, 0 if it does not trail."""
    if order.waiting != TRAILING:
        return 0
    return shown_extreme(trail_of(core, order).extreme)


cdef inline price_t stop_price_now(
    const Core* core, const Order* order, const Extra* extra
) noexcept nogil:
    """Return the stop price of an order that has an extra; of one that trails the present one."""
    if extra.offset == 0:
        return extra.stop_price
    if order.waiting != TRAILING:
        return 0
    return stop_from(order.side, trail_of(core, order).extreme, extra)


cdef inline price_t trailing_stop(const Core* core, slot_t slot) noexcept nogil:
    """Return the stop price of an open order that trails, or has just fired; 0 for any other."""
    cdef const Order* order = &core.pool[slot]
    if order.waiting != TRAILING and order.waiting != ITS_TURN:
        return 0
    return stop_price_now(core, order, extra_at(core, slot))


cdef inline bint is_empty(const Trail* trail) noexcept nogil:
    return not (trail.roots[0] or trail.roots[1])


cdef inline Trail* open_trail(Trails* trails, price_t extreme, uint64_t since) noexcept nogil:
    """Return the trail for what is about to follow this extreme; none is beyond the last one's."""
    cdef size_t size = trails.capacity * sizeof(Trail)
    if trails.count and last_trail(trails).extreme == extreme:
        trails.empty -= is_empty(last_trail(trails))
        return last_trail(trails)
    if trails.count == trails.capacity:
        trails.records = <Trail*>grown(
            trails.records, size, 2 * size + FIRST_TRAILS * sizeof(Trail)
        )
        trails.capacity = 2 * trails.capacity + FIRST_TRAILS
    trails.count += 1
    last_trail(trails)[0] = Trail(extreme, since, 0, [0, 0])
    return last_trail(trails)


cdef inline void drop_empty(Trails* trails) noexcept nogil:
    """Count a trail that was left empty; take all such out when they are half of all."""
    cdef uint32_t i, kept = 0
    trails.empty += 1
    if 2 * trails.empty < trails.count:
        return
    for i in range(trails.count):
        if not is_empty(&trails.records[i]):
            trails.records[kept] = trails.records[i]
            kept += 1
    trails.count = kept
    trails.empty = 0


# Heaps

cdef inline slot_t join(Core* core, slot_t left, slot_t right) noexcept nogil:
    """Join two heaps; return the root, whose own links stay as they are."""
    cdef slot_t first
    if left == 0 or right == 0:
        return left | right
    if extra_at(core, right).offset < extra_at(core, left).offset:
        left, right = right, left
    first = extra_at(core, left).child
    core.pool[right].next = first
    core.pool[right].prev = left
    if first:
        core.pool[first].prev = right
    extra_at(core, left).child = right
    return left


cdef inline slot_t join_siblings(Core* core, slot_t first) noexcept nogil:
    """Join a list of heaps: two by two from the first on, and then the pairs from the last on."""
    cdef slot_t pairs = 0, root = 0, second, following
    while first:
        second = core.pool[first].next
        following = core.pool[second].next if second else 0
        first = join(core, first, second)
        core.pool[first].next = pairs
        pairs = first
        first = following
    while pairs:
        following = core.pool[pairs].next
        root = join(core, root, pairs)
        pairs = following
    return root


cdef inline void take_out(Core* core, Trail* trail, slot_t slot) noexcept nogil:
    """Take an order out of its heap; a root keeps its own links."""
    cdef const Order* order = &core.pool[slot]
    cdef Extra* extra = extra_at(core, slot)
    cdef slot_t heir = join_siblings(core, extra.child)
    extra.child = 0
    if trail.roots[extra.unit] == slot:
        trail.roots[extra.unit] = heir
        return
    if heir == 0:
        heir = order.next
    else:
        core.pool[heir].next = order.next
        if order.next:
            core.pool[order.next].prev = heir
    if heir:
        core.pool[heir].prev = order.prev
    if extra_at(core, order.prev).child == slot:
        extra_at(core, order.prev).child = heir
    else:
        core.pool[order.prev].next = heir
