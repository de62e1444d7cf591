"""A ledger's rows and rates: assets, accounts, credits, an account's own fees, changed balances."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memmove

from engine.core.compiled.extras cimport rest_of
from engine.core.compiled.ledger cimport (
    add,
    fees_key,
    fees_place,
    find_fees,
    held_asset,
    held_for,
    hold,
    open_balance,
)
from engine.core.compiled.memory cimport allocate, grown
from engine.core.compiled.state cimport (
    Balance,
    Core,
    Ledger,
    Order,
    OwnFees,
    Terms,
    UNHELD,
    slot_t,
)
from engine.core.compiled.state_hash cimport balance_mix, balance_place, fees_mix, touched_mix

cdef enum:
    FIRST_ACCOUNTS = 64
    FIRST_FEES = 16


# Rows

cdef inline void add_rows(Ledger* ledger, uint32_t capacity) noexcept nogil:
    """Make room for so many accounts in every asset's row."""
    cdef uint64_t old = ledger.capacity, new = capacity, asset
    cdef Balance* balances = <Balance*>allocate(ledger.assets * new * sizeof(Balance))
    cdef uint8_t* is_touched = <uint8_t*>allocate(ledger.assets * new)
    for asset in range(ledger.assets):
        memcpy(balances + asset * new, ledger.balances + asset * old, old * sizeof(Balance))
        memcpy(is_touched + asset * new, ledger.is_touched + asset * old, old)
    free(ledger.balances)
    free(ledger.is_touched)
    ledger.balances = balances
    ledger.is_touched = is_touched
    ledger.has_own_fees = <uint8_t*>grown(ledger.has_own_fees, ledger.capacity, capacity)
    ledger.capacity = capacity


cdef inline void widen_rows(Ledger* ledger) noexcept nogil:
    """Give every account a place for one more asset."""
    cdef uint64_t old = <uint64_t>ledger.assets * ledger.capacity
    cdef uint64_t new = old + ledger.capacity
    ledger.balances = <Balance*>grown(
        ledger.balances, old * sizeof(Balance), new * sizeof(Balance)
    )
    ledger.is_touched = <uint8_t*>grown(ledger.is_touched, old, new)
    ledger.assets += 1


cdef inline void settle_touched(Ledger* ledger) noexcept nogil:
    """Put the touched balances back into the hash."""
    cdef uint64_t i, at
    for i in range(ledger.touched_count):
        at = balance_place(ledger, ledger.touched[i].account, ledger.touched[i].asset)
        ledger.is_touched[at] = False
    ledger.hash += touched_mix(ledger)
    ledger.touched_count = 0


cdef inline void open_ledger(
    Ledger* ledger, uint32_t assets, uint32_t accounts, bint is_checked
) noexcept nogil:
    ledger.is_checked = is_checked
    ledger.assets = assets
    ledger.accounts = accounts
    add_rows(ledger, max(accounts, <uint32_t>FIRST_ACCOUNTS))


cdef inline void close_ledger(Ledger* ledger) noexcept nogil:
    free(ledger.terms)
    free(ledger.balances)
    free(ledger.is_touched)
    free(ledger.touched)
    free(ledger.has_own_fees)
    free(ledger.own_fees)


cdef inline uint32_t open_account(Ledger* ledger) noexcept nogil:
    """Open an account without any balance, and return its number."""
    if ledger.accounts == ledger.capacity:
        add_rows(ledger, 2 * ledger.capacity)
    ledger.accounts += 1
    return ledger.accounts - 1


# Balances

cdef inline bint change_free(
    Ledger* ledger, int64_t account, uint32_t asset, int64_t amount
) noexcept nogil:
    """Add an amount to what is free; return False, and change nothing, if too little would be."""
    cdef Balance* balance = &ledger.balances[balance_place(ledger, account, asset)]
    cdef Balance changed = balance[0]
    add(&changed.free, amount)
    if ledger.is_checked and changed.free.high < 0:
        return False
    open_balance(ledger, account, asset).free = changed.free
    return True


cdef inline void hold_open_orders(Core* core, uint32_t symbol) noexcept nogil:
    """Lock what the open orders of a symbol hold."""
    cdef slot_t slot
    cdef const Order* order
    for slot in range(1, core.next_slot):
        order = &core.pool[slot]
        if order.order_id and order.symbol == symbol:
            hold(core, order, rest_of(core, slot))


cdef inline void lock_again(Core* core, const Order* order) noexcept nogil:
    """Count what a restored order holds: saved bytes have free amounts alone."""
    cdef Ledger* ledger = &core.ledger
    cdef const Terms* terms = &ledger.terms[order.symbol]
    cdef uint64_t place = balance_place(ledger, order.account, held_asset(terms, order))
    if terms.lot_units and not order.has_extra & UNHELD:
        add(&ledger.balances[place].locked, held_for(terms, order, order.remaining))


cdef inline void lock_received(Core* core, const Order* order, int64_t received) noexcept nogil:
    """Do the same for what a working order has bought for the pending ones."""
    cdef Ledger* ledger = &core.ledger
    if received:
        add(
            &ledger.balances[
                balance_place(ledger, order.account, ledger.terms[order.symbol].base)
            ].locked,
            received,
        )


cdef inline void hash_again(Ledger* ledger) noexcept nogil:
    cdef uint64_t account, asset
    cdef uint32_t i
    ledger.hash = 0
    for asset in range(ledger.assets):
        for account in range(ledger.accounts):
            ledger.hash += balance_mix(
                &ledger.balances[balance_place(ledger, account, asset)], account, asset
            )
    for i in range(ledger.own_fees_count):
        ledger.hash += fees_mix(&ledger.own_fees[i])


# Fees

cdef inline void set_own_fees(Ledger* ledger, const OwnFees* fees) noexcept nogil:
    """Give an account rates of its own, in the place of those it has for the symbol."""
    cdef size_t size = ledger.own_fees_capacity * sizeof(OwnFees)
    cdef uint32_t place = fees_place(ledger, fees_key(fees.account, fees.symbol))
    cdef OwnFees* at
    if find_fees(ledger, fees.account, fees.symbol) != NULL:
        ledger.hash -= fees_mix(&ledger.own_fees[place])
    else:
        if ledger.own_fees_count == ledger.own_fees_capacity:
            ledger.own_fees = <OwnFees*>grown(
                ledger.own_fees, size, 2 * size + FIRST_FEES * sizeof(OwnFees)
            )
            ledger.own_fees_capacity = 2 * ledger.own_fees_capacity + FIRST_FEES
        at = ledger.own_fees + place
        memmove(at + 1, at, (ledger.own_fees_count - place) * sizeof(OwnFees))
        ledger.own_fees_count += 1
    ledger.own_fees[place] = fees[0]
    ledger.has_own_fees[fees.account] = True
    ledger.hash += fees_mix(fees)
