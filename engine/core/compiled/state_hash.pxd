"""The state hash: a 64-bit sum, over orders, books and balances, of a mix of all their fields.

A sum does not depend on the order of its terms, so that one change costs one term; an order's
`arrival` is among its fields, so that the sum covers priority, too. The twins are in
`reference/book.py` and `reference/ledger.py`.
"""

from libc.stdint cimport uint32_t, uint64_t

from engine.core.compiled.state cimport (
    STOP_LOSS,
    Balance,
    Book,
    Core,
    Ledger,
    Order,
    OwnFees,
    price_t,
    slot_t,
)

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


cdef inline uint64_t order_mix(const Order* order, price_t stop_price) noexcept nogil:
    cdef uint64_t shape = (
        order.symbol
        | <uint64_t>order.side << 32
        | <uint64_t>order.order_type << 40
        | <uint64_t>order.prevention << 48
        | <uint64_t>order.waiting << 56
    )
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


cdef inline uint64_t slot_mix(const Core* core, slot_t slot) noexcept nogil:
    cdef const Order* order = &core.pool[slot]
    return order_mix(order, core.stop_prices[slot] if order.order_type >= STOP_LOSS else 0)


cdef inline uint64_t book_mix(const Book* book, uint32_t symbol) noexcept nogil:
    """Return a book's term; 0 if nothing has happened to it, so that the hash ignores it."""
    if book.trade_id == 0 and book.update_id == 0:
        return 0
    return finished(
        (<uint64_t>symbol + 1) * MIX_8
        + <uint64_t>book.trade_id * MIX_1
        + <uint64_t>book.update_id * MIX_2
        + <uint64_t>book.last_trade_price * MIX_3
    )


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
    cdef uint64_t total = 0, i, account, asset
    for i in range(ledger.touched_count):
        account, asset = ledger.touched[i].account, ledger.touched[i].asset
        total += balance_mix(&ledger.balances[account * ledger.assets + asset], account, asset)
    return total


cdef inline uint64_t state_hash_of(const Core* core) noexcept nogil:
    cdef uint64_t total = core.order_hash + core.arrival * MIX_7
    cdef uint32_t symbol
    for symbol in range(core.symbols):
        total += book_mix(core.books[symbol], symbol)
    total += core.ledger.hash + core.ledger.accounts * MIX_8
    return total + touched_mix(&core.ledger)
