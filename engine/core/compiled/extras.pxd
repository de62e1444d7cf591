"""What few orders have, kept apart so that an open order is one cache line: a pool of `Extra`.

An order has an extra or has none (`has_extra`); it gets one with its slot, and gives it back with
it. To add something that few orders have:

- add a field to `state.Extra`, of which zero means nothing, and set it where orders come in
  (`commands.new_order`), in the `Incoming`, with `has_extra`. A link to another order is its
  order id: a slot is another order's as soon as its own has left.
- change it at an open order by `extra_at(core, slot)`, between taking the order out of the hash
  (`core.order_hash -= slot_mix(core, slot)`) and putting it in again.
- give it a term in `state_hash.extra_mix`, 0 while the field is zero, and a field in the saved
  bytes: then orders without it have the bytes and the hash that they always had.
- do the same in the plain twin, where it is an attribute of `reference.book.Order`.
"""

from libc.stdint cimport uint32_t
from libc.string cimport memset

from engine.core.compiled.memory cimport grown
from engine.core.compiled.state cimport (
    Core,
    Extra,
    Incoming,
    price_t,
    qty_t,
    slot_t,
    unlikely,
)


cdef inline void begin_extra(Extra* extra, price_t stop_price, qty_t display) noexcept nogil:
    memset(extra, 0, sizeof(Extra))
    extra.stop_price = stop_price
    extra.display = display


cdef inline Extra* extra_at(const Core* core, slot_t slot) noexcept nogil:
    """Return the extra of an order that has one."""
    return &core.extras[core.extra_of[slot]]


cdef inline uint32_t take_extra(Core* core) noexcept nogil:
    cdef uint32_t place = core.free_extra
    cdef size_t size = core.extra_capacity * sizeof(Extra)
    if place:
        core.free_extra = core.extras[place].next
        return place
    if unlikely(core.next_extra == core.extra_capacity):
        core.extras = <Extra*>grown(core.extras, size, 2 * size)
        core.extra_capacity *= 2
    core.next_extra += 1
    return core.next_extra - 1


cdef inline void keep_extra(Core* core, slot_t slot, const Extra* extra) noexcept nogil:
    cdef uint32_t place = take_extra(core)
    core.extras[place] = extra[0]
    core.extra_of[slot] = place
    core.icebergs += extra.display != 0


cdef inline void drop_extra(Core* core, slot_t slot) noexcept nogil:
    cdef Extra* extra = extra_at(core, slot)
    core.icebergs -= extra.display != 0
    extra.next = core.free_extra
    core.free_extra = core.extra_of[slot]


cdef inline price_t stop_price_of(const Core* core, slot_t slot) noexcept nogil:
    return extra_at(core, slot).stop_price if core.pool[slot].has_extra else 0


cdef inline qty_t hidden_of(const Core* core, slot_t slot) noexcept nogil:
    """Return what an open order has that its book does not show."""
    return extra_at(core, slot).hidden if core.pool[slot].has_extra else 0


cdef inline qty_t rest_of(const Core* core, slot_t slot) noexcept nogil:
    """Return all that remains of an open order, shown or not."""
    return core.pool[slot].remaining + hidden_of(core, slot)


cdef inline price_t incoming_stop_price(const Incoming* incoming) noexcept nogil:
    return incoming.extra.stop_price if incoming.order.has_extra else 0


cdef inline void load_order(const Core* core, slot_t slot, Incoming* incoming) noexcept nogil:
    """Copy an open order, nothing of it hidden, and all that it has."""
    incoming.order = core.pool[slot]
    if incoming.order.has_extra:
        incoming.extra = extra_at(core, slot)[0]
        incoming.order.remaining += incoming.extra.hidden
        incoming.extra.hidden = 0


cdef inline void hide(Incoming* incoming) noexcept nogil:
    """Leave of an iceberg that is about to rest what it shows."""
    cdef qty_t remaining = incoming.order.remaining
    if incoming.extra.display and remaining > incoming.extra.display:
        incoming.order.remaining = incoming.extra.display
        incoming.extra.hidden = remaining - incoming.extra.display
