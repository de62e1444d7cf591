"""The state hash: a 64-bit sum, over orders, books and balances, of a mix of all their fields.

A sum does not depend on the order of its terms, so that one change costs one term; an order's
`arrival` is among its fields, so that the sum covers priority, too. The twins are in
`reference/book.py` and `reference/ledger.py`.
"""

from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memcpy

from engine.core.compiled.extras cimport extra_at
from engine.core.compiled.state cimport (
    Balance,
    Book,
    Core,
    Extra,
    Ledger,
    Order,
    OwnFees,
    SHAPE,
    likely,
    price_t,
    slot_t,
)
from engine.core.compiled.trails cimport extreme_of

cdef extern from *:
    """
    #define GOQUANT_MIX_1 0x8c3320b58e9575e3ULL
    #define GOQUANT_MIX_2 0xf511179a3c5f1841ULL
    #define GOQUANT_MIX_3 0xbb410aef560ce593ULL
    #define GOQUANT_MIX_4 0x93cefc061f19cd33ULL
    #define GOQUANT_MIX_5 0xefa5f559c2425371ULL
    #define GOQUANT_MIX_6 0xff6b22f57f21dae1ULL
    #define GOQUANT_MIX_7 0xd5bfaf8ff4933339ULL
    #define GOQUANT_MIX_8 0x8bc81d30eb40cbe3ULL
    #define GOQUANT_MIX_9 0xa05088f4672e217bULL
    """
    const uint64_t MIX_1 "GOQUANT_MIX_1"
    const uint64_t MIX_2 "GOQUANT_MIX_2"
    const uint64_t MIX_3 "GOQUANT_MIX_3"
    const uint64_t MIX_4 "GOQUANT_MIX_4"
    const uint64_t MIX_5 "GOQUANT_MIX_5"
    const uint64_t MIX_6 "GOQUANT_MIX_6"
    const uint64_t MIX_7 "GOQUANT_MIX_7"
    const uint64_t MIX_8 "GOQUANT_MIX_8"
    const uint64_t MIX_9 "GOQUANT_MIX_9"


cdef inline uint64_t finished(uint64_t total) noexcept nogil:
    total = (total ^ (total >> 32)) * MIX_9
    return total ^ (total >> 29)


cdef inline uint64_t shape_of(const Order* order) noexcept nogil:
    """Return the last word of an order as one load."""
    cdef uint64_t shape
    memcpy(&shape, &order.symbol, sizeof(shape))
    return shape


cdef inline uint64_t order_mix(
    const Order* order, price_t stop_price, uint64_t shape
) noexcept nogil:
    return finished(
        <uint64_t>order.order_id * MIX_1
        + <uint64_t>order.account * MIX_2
        + <uint64_t>order.price * MIX_3
        + <uint64_t>stop_price * MIX_4
        + <uint64_t>order.remaining * MIX_5
        + <uint64_t>order.filled * MIX_6
        + order.arrival * MIX_7
        + shape * MIX_8
    )


cdef inline uint64_t extra_mix(const Order* order, const Extra* extra) noexcept nogil:
    """Return an iceberg's own term; 0 for any other order, so that the hash ignores it."""
    if extra.display == 0:
        return 0
    return finished(
        <uint64_t>order.order_id * MIX_1
        + <uint64_t>extra.display * MIX_2
        + <uint64_t>extra.hidden * MIX_3
        + MIX_4
    )


cdef inline uint64_t list_mix(const Order* order, const Extra* extra) noexcept nogil:
    """Return the own term of an order that is in a list; 0 for any other."""
    if not (extra.partner or extra.link):
        return 0
    return finished(
        <uint64_t>order.order_id * MIX_1
        + <uint64_t>extra.partner * MIX_2
        + <uint64_t>extra.link * MIX_3
        + <uint64_t>extra.received * MIX_4
        + extra.is_keeping * MIX_5
        + MIX_6
    )


cdef inline uint64_t trail_weight(const Order* order) noexcept nogil:
    """Return what a trailing stop's extreme is multiplied by: a sum serves all of a trail."""
    return finished(<uint64_t>order.order_id * MIX_7 + MIX_8)


cdef inline uint64_t trail_mix(
    const Core* core, const Order* order, const Extra* extra
) noexcept nogil:
    """Return a trailing stop's own term, 0 for any other order."""
    if extra.offset == 0:
        return 0
    return <uint64_t>extreme_of(core, order) * trail_weight(order) + finished(
        <uint64_t>order.order_id * MIX_1
        + <uint64_t>extra.offset * MIX_5
        + extra.unit * MIX_6
        + MIX_7
    )


cdef inline uint64_t special_mix(
    const Core* core, const Order* order, const Extra* extra
) noexcept nogil:
    """Return the terms of an order that has an extra: apart, so that all others stay small."""
    return (
        order_mix(order, extra.stop_price, shape_of(order) & SHAPE)
        + extra_mix(order, extra)
        + list_mix(order, extra)
        + trail_mix(core, order, extra)
    )


cdef inline uint64_t slot_mix(const Core* core, slot_t slot) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    if likely(not order.has_extra):
        return order_mix(order, 0, shape_of(order))
    return special_mix(core, order, extra_at(core, slot))


cdef inline uint64_t book_mix(const Book* book, uint32_t symbol) noexcept nogil:
    """Return a book's term; 0 if nothing has happened to it, so that the hash ignores it."""
    if book.trade_id == 0 and book.update_id == 0:  # nothing met, then, either
        return 0
    return finished(
        (<uint64_t>symbol + 1) * MIX_8
        + <uint64_t>book.trade_id * MIX_1
        + <uint64_t>book.update_id * MIX_2
        + <uint64_t>book.last_trade_price * MIX_3
        + <uint64_t>book.prevented_id * MIX_4
    )


cdef inline uint64_t balance_place(
    const Ledger* ledger, uint64_t account, uint64_t asset
) noexcept nogil:
    """Return where a balance is: an asset's lie side by side, as every trade wants the quote's."""
    return asset * ledger.capacity + account


cdef inline uint64_t balance_mix(
    const Balance* balance, uint64_t account, uint64_t asset
) noexcept nogil:
    """Return a balance's term; 0 if it is empty, so that the hash ignores it."""
    if not (
        balance.free.low | <uint64_t>balance.free.high
        | balance.locked.low | <uint64_t>balance.locked.high
    ):
        return 0
    return finished(
        account * MIX_1
        + asset * MIX_2
        + balance.free.low * MIX_3
        + <uint64_t>balance.free.high * MIX_4
        + balance.locked.low * MIX_5
        + <uint64_t>balance.locked.high * MIX_6
        + MIX_7
    )


cdef inline uint64_t fees_mix(const OwnFees* fees) noexcept nogil:
    return finished(
        <uint64_t>fees.account * MIX_1
        + <uint64_t>(fees.symbol + 1) * MIX_2
        + fees.maker_fee * MIX_3
        + fees.taker_fee * MIX_4
        + MIX_8
    )


cdef inline uint64_t touched_mix(const Ledger* ledger) noexcept nogil:
    """Return the terms of the balances that are out of the hash."""
    cdef uint64_t total = 0, i, account, asset, at
    for i in range(ledger.touched_count):
        account, asset = ledger.touched[i].account, ledger.touched[i].asset
        at = balance_place(ledger, account, asset)
        total += balance_mix(&ledger.balances[at], account, asset)
    return total


cdef inline uint64_t state_hash_of(const Core* core) noexcept nogil:
    cdef uint64_t total = core.order_hash + core.arrival * MIX_7
    total += core.numbers_prevented * MIX_6
    cdef uint32_t symbol
    for symbol in range(core.symbols):
        total += book_mix(core.books[symbol], symbol)
    total += core.ledger.hash + core.ledger.accounts * MIX_8
    return total + touched_mix(&core.ledger)
