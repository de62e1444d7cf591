"""Find the quantity of a market order that says what it spends, or is to bring."""

from libc.stdint cimport int64_t, uint32_t

from engine.core.compiled.book cimport level_at, worse_price
from engine.core.compiled.extras cimport rest_of
from engine.core.compiled.orders cimport is_own
from engine.core.compiled.state cimport (
    MAX_QUANTITY,
    NO_ASK,
    NO_BID,
    PREVENT_CANCEL_MAKER,
    Book,
    Core,
    Level,
    Order,
    price_t,
    qty_t,
    slot_t,
)


cdef inline qty_t offered_at(const Core* core, const Order* taker, Level* level) noexcept nogil:
    """Return what a level has for an order, shown or not; nothing of what the order cancels."""
    cdef slot_t slot = level.head
    cdef qty_t total = 0
    cdef bint is_canceling = taker.prevention == PREVENT_CANCEL_MAKER
    if core.icebergs == 0 and not is_canceling:
        return level.quantity
    while slot:
        if not (is_canceling and is_own(taker, &core.pool[slot])):
            total += rest_of(core, slot)
        slot = core.pool[slot].next
    return total


cdef inline qty_t quantity_for(Core* core, const Order* taker, int64_t amount) noexcept nogil:
    """Return how much an amount (price x quantity) takes, whole lots at each level; 0 for none.

    Where the book ends the rest of the amount counts at the last price: it is there to expire.
    """
    cdef uint32_t side = 1 - taker.side
    cdef Book* book = core.books[taker.symbol]
    cdef price_t price = book.best[side], last = 0
    cdef qty_t quantity = 0, part, offered
    while price != NO_BID and price != NO_ASK:
        last = price
        offered = offered_at(core, taker, level_at(book, side, price))
        part = min(offered, amount // price)
        quantity += part
        amount -= part * price
        if part < offered or amount == 0:
            return min(quantity, MAX_QUANTITY)
        price = worse_price(book, side, price)
    return min(quantity + amount // last, MAX_QUANTITY) if quantity else 0
