"""The ledger: what accounts have, what their open orders hold, what a trade moves and costs.

An amount is a whole number of an asset's units. One amount fits 63 bits, which is checked when an
order comes in; a balance has 128, so that nothing can fail in the middle of a command. The twin is
in `reference/ledger.py`.
"""

from libc.stdint cimport int32_t, int64_t, uint32_t, uint64_t

from engine.core.compiled.book cimport crosses, level_at, worse_price
from engine.core.compiled.events cimport emit
from engine.core.compiled.extras cimport extra_at
from engine.core.compiled.memory cimport grown
from engine.core.compiled.orders cimport is_own, limit_of
from engine.core.compiled.state cimport (
    BUY,
    COMMISSION,
    FEE_UNIT,
    FEES_ACCOUNT,
    MAX_AMOUNT,
    PREVENT_CANCEL_MAKER,
    PREVENT_DECREMENT,
    REASON_NONE,
    SELL,
    UNHELD,
    Balance,
    Book,
    Core,
    Extra,
    Ledger,
    Level,
    Order,
    OwnFees,
    Place,
    Terms,
    Wide,
    price_t,
    qty_t,
    slot_t,
    likely,
    unlikely,
)
from engine.core.compiled.state_hash cimport balance_mix, balance_place

cdef extern from *:
    bint overflows "__builtin_mul_overflow"(int64_t a, int64_t b, int64_t* product) noexcept nogil


# Wide amounts

cdef inline void add(Wide* total, int64_t amount) noexcept nogil:
    cdef uint64_t low = total.low + <uint64_t>amount
    total.high += (amount >> 63) + (low < total.low)
    total.low = low


cdef inline bint is_below(const Wide* left, const Wide* right) noexcept nogil:
    return left.high < right.high or (left.high == right.high and left.low < right.low)


# Balances

cdef inline void note_touched(Ledger* ledger, const Place* place) noexcept nogil:
    """Take a balance that is about to change out of the hash, until it is told."""
    cdef size_t size = ledger.touched_capacity * sizeof(Place)
    cdef uint64_t at = balance_place(ledger, place.account, place.asset)
    if unlikely(ledger.touched_count == ledger.touched_capacity):
        ledger.touched = <Place*>grown(ledger.touched, size, 2 * size + 64 * sizeof(Place))
        ledger.touched_capacity = 2 * ledger.touched_capacity + 64
    ledger.touched[ledger.touched_count] = place[0]
    ledger.touched_count += 1
    ledger.is_touched[at] = True
    ledger.hash -= balance_mix(&ledger.balances[at], place.account, place.asset)


cdef inline Balance* open_balance(Ledger* ledger, int64_t account, uint32_t asset) noexcept nogil:
    """Return a balance that is about to change."""
    cdef Place place = Place(<uint32_t>account, asset)
    cdef uint64_t at = balance_place(ledger, place.account, place.asset)
    if unlikely(not ledger.is_touched[at]):
        note_touched(ledger, &place)
    return &ledger.balances[at]


# Holds

cdef inline uint32_t held_asset(const Terms* terms, const Order* order) noexcept nogil:
    return terms.quote if order.side == BUY else terms.base


cdef inline int64_t held_for(const Terms* terms, const Order* order, qty_t quantity) noexcept nogil:
    """Return what so much of an open order holds: nothing for a buy without a price."""
    if order.side == BUY:
        return order.price * quantity * terms.step_units
    return quantity * terms.lot_units


cdef inline bint has_ledger(const Core* core) noexcept nogil:
    """Whether there is a ledger: asked first wherever every order passes, as one comparison.

    An exchange has one by default, so that the branch is not marked as a rare one.
    """
    return core.ledger.accounts != 0


cdef inline void lock(Core* core, const Order* order, qty_t quantity) noexcept nogil:
    cdef const Terms* terms = &core.ledger.terms[order.symbol]
    cdef int64_t amount
    cdef Balance* balance
    if terms.lot_units == 0 or order.has_extra & UNHELD:
        return
    amount = held_for(terms, order, quantity)
    if amount:
        balance = open_balance(&core.ledger, order.account, held_asset(terms, order))
        add(&balance.free, -amount)
        add(&balance.locked, amount)


cdef inline void hold(Core* core, const Order* order, qty_t quantity) noexcept nogil:
    """Lock what so much of an order holds; free it if the quantity is below zero."""
    if has_ledger(core):
        lock(core, order, quantity)


# Funds

cdef inline bint is_out_of_range(const Core* core, const Order* order) noexcept nogil:
    """Whether what the order is about is more than one amount can be, at its own price."""
    cdef const Terms* terms = &core.ledger.terms[order.symbol]
    cdef int64_t amount
    if terms.lot_units == 0:
        return False
    if overflows(order.remaining, terms.lot_units, &amount):
        return True
    if overflows(order.remaining, order.price, &amount):
        return True
    return overflows(amount, terms.step_units, &amount)


cdef inline qty_t part_of(const Core* core, slot_t slot, qty_t part) noexcept nogil:
    """Return how much an order shows in its n-th turn at its level, the first being 0."""
    cdef const Extra* extra
    if part == 0:
        return core.pool[slot].remaining
    if not core.pool[slot].has_extra:
        return 0
    extra = extra_at(core, slot)
    return max(0, min(extra.display, extra.hidden - (part - 1) * extra.display))


cdef inline bint add_cost(
    Core* core, const Order* taker, const Level* level, price_t price, qty_t* missing, Wide* cost
) noexcept nogil:
    """Add what a market buy would pay at a level; return whether it could go on from there."""
    cdef int64_t step = core.ledger.terms[taker.symbol].step_units * price
    cdef qty_t part = 0
    cdef slot_t slot = level.head
    cdef const Order* maker
    cdef qty_t quantity
    cdef bint is_more = False
    while slot and missing[0]:
        maker = &core.pool[slot]
        quantity = min(part_of(core, slot, part), missing[0])
        is_more = is_more or part_of(core, slot, part + 1) > 0
        if not is_own(taker, maker):
            add(cost, step * quantity)
            missing[0] -= quantity
        elif taker.prevention == PREVENT_DECREMENT:
            missing[0] -= quantity
        elif taker.prevention != PREVENT_CANCEL_MAKER:
            return False
        slot = maker.next
        if slot == 0 and is_more:  # the next parts come behind all
            part += 1
            slot = level.head
            is_more = False
    return missing[0] > 0


cdef inline Wide cost_of(Core* core, const Order* taker) noexcept nogil:
    """Return what a buy without a price would pay for all that it can trade now."""
    cdef Book* book = core.books[taker.symbol]
    cdef price_t price = book.best[SELL]
    cdef price_t limit = limit_of(taker)
    cdef qty_t missing = taker.remaining
    cdef Wide cost = Wide(0, 0)
    while crosses(BUY, limit, price) and add_cost(
        core, taker, level_at(book, SELL, price), price, &missing, &cost
    ):
        price = worse_price(book, SELL, price)
    return cost


cdef inline bint is_short(
    Core* core, const Order* order, uint32_t asset, const Wide* needed
) noexcept nogil:
    """Whether the account has less than that free; what is short is kept to be told."""
    cdef Ledger* ledger = &core.ledger
    cdef uint64_t place = balance_place(ledger, order.account, asset)
    if likely(not ledger.is_checked or not is_below(&ledger.balances[place].free, needed)):
        return False
    ledger.short_asset = asset
    ledger.needed = needed[0]
    return True


cdef inline bint lacks_funds(Core* core, const Order* order, int64_t held) noexcept nogil:
    """Whether the order holds more than what is free and what it has `held` so far."""
    cdef const Terms* terms = &core.ledger.terms[order.symbol]
    cdef Wide needed = Wide(0, 0)
    add(&needed, held_for(terms, order, order.remaining) - held)
    return is_short(core, order, held_asset(terms, order), &needed)


cdef inline bint lacks_both(
    Core* core, const Order* first, const Order* second
) noexcept nogil:
    """Whether `second` lacks funds beside `first`, which is of the same account and symbol."""
    cdef const Terms* terms = &core.ledger.terms[first.symbol]
    cdef Wide needed = Wide(0, 0)
    add(&needed, held_for(terms, second, second.remaining))
    if first.side == second.side:
        add(&needed, held_for(terms, first, first.remaining))
    return is_short(core, second, held_asset(terms, second), &needed)


cdef inline bint lacks_cost(Core* core, const Order* order) noexcept nogil:
    """Whether a buy without a price would trade for more than what is free."""
    cdef const Terms* terms = &core.ledger.terms[order.symbol]
    cdef Wide needed
    if terms.lot_units == 0 or order.price or order.side != BUY or not core.ledger.is_checked:
        return False
    needed = cost_of(core, order)
    return is_short(core, order, terms.quote, &needed)


cdef inline bint lacks_amount(Core* core, const Order* order, int64_t amount) noexcept nogil:
    """Whether a buy may spend more (price x quantity) than what is free, or than one amount is."""
    cdef const Terms* terms = &core.ledger.terms[order.symbol]
    cdef Wide needed = Wide(0, 0)
    cdef int64_t units
    if terms.lot_units == 0 or order.side != BUY:
        return False
    if overflows(amount, terms.step_units, &units):
        units = MAX_AMOUNT
    add(&needed, units)
    return is_short(core, order, terms.quote, &needed)


# Commissions

cdef inline uint64_t fees_key(int64_t account, int32_t symbol) noexcept nogil:
    return <uint64_t>account << 32 | <uint32_t>(symbol + 1)


cdef inline uint32_t fees_place(const Ledger* ledger, uint64_t key) noexcept nogil:
    """Return where an account's own rates are in the sorted table, or would be."""
    cdef uint32_t low = 0, high = ledger.own_fees_count, middle
    cdef const OwnFees* fees
    while low < high:
        middle = (low + high) // 2
        fees = &ledger.own_fees[middle]
        if fees_key(fees.account, fees.symbol) < key:
            low = middle + 1
        else:
            high = middle
    return low


cdef inline const OwnFees* find_fees(
    const Ledger* ledger, int64_t account, int32_t symbol
) noexcept nogil:
    """Return an account's own rates for a symbol, or NULL."""
    cdef uint32_t place = fees_place(ledger, fees_key(account, symbol))
    cdef const OwnFees* fees = &ledger.own_fees[place]
    if place < ledger.own_fees_count and fees.account == account and fees.symbol == symbol:
        return fees
    return NULL


cdef inline uint32_t own_rate(
    const Ledger* ledger, const Order* order, bint is_maker
) noexcept nogil:
    cdef const OwnFees* fees = find_fees(ledger, order.account, order.symbol)
    cdef const Terms* terms = &ledger.terms[order.symbol]
    if fees == NULL:
        fees = find_fees(ledger, order.account, -1)
    if fees == NULL:
        return terms.maker_fee if is_maker else terms.taker_fee
    return fees.maker_fee if is_maker else fees.taker_fee


cdef inline uint32_t rate_of(
    const Ledger* ledger, const Order* order, bint is_maker
) noexcept nogil:
    cdef const Terms* terms = &ledger.terms[order.symbol]
    if unlikely(ledger.has_own_fees[order.account]):
        return own_rate(ledger, order, is_maker)
    return terms.maker_fee if is_maker else terms.taker_fee


cdef inline int64_t commission_on(uint64_t received, uint64_t rate) noexcept nogil:
    """Return received x rate / FEE_UNIT, rounded half-even, with no product above 64 bits."""
    cdef uint64_t part = received % FEE_UNIT * rate
    cdef uint64_t whole = received // FEE_UNIT * rate + part // FEE_UNIT
    cdef uint64_t rest = 2 * (part % FEE_UNIT)
    if rest > FEE_UNIT or (rest == FEE_UNIT and whole & 1):
        whole += 1
    return <int64_t>whole


# Trades

cdef inline int64_t pay(
    Core* core, const Order* order, uint32_t asset, int64_t received, bint is_maker
) noexcept nogil:
    """Give an account what a trade brings it, less the commission; return that."""
    cdef Ledger* ledger = &core.ledger
    cdef int64_t commission = commission_on(received, rate_of(ledger, order, is_maker))
    add(&open_balance(ledger, order.account, asset).free, received - commission)
    if commission:
        add(&open_balance(ledger, FEES_ACCOUNT, asset).free, commission)
    return commission


cdef inline Extra* extra_of_either(
    Core* core, const Order* order, const Order* taker
) noexcept nogil:
    """Return the extra of a taker that is a working order, or of a maker; NULL if it has none."""
    if order == taker:
        return core.taker_extra
    return extra_at(core, <slot_t>(order - core.pool)) if order.has_extra else NULL


cdef inline void keep_received(
    Core* core, const Order* buyer, Extra* extra, uint32_t asset, int64_t received
) noexcept nogil:
    """Hold what a working order has bought for the pending ones."""
    cdef Balance* balance
    if extra != NULL and extra.is_keeping:
        balance = open_balance(&core.ledger, buyer.account, asset)
        add(&balance.free, -received)
        add(&balance.locked, received)
        extra.received += received


cdef inline void release_received(
    Core* core, const Order* order, int64_t units
) noexcept nogil:
    """Free so much of what a working order has bought for the pending ones."""
    cdef Balance* balance
    if units:
        balance = open_balance(
            &core.ledger, order.account, core.ledger.terms[order.symbol].base
        )
        add(&balance.free, units)
        add(&balance.locked, -units)


cdef inline void settle(
    Core* core, const Order* taker, const Order* maker, price_t price, qty_t quantity,
    int64_t trade_id,
) noexcept nogil:
    """Move what a trade moves: the price from the buyer, the quantity from the seller."""
    cdef const Terms* terms = &core.ledger.terms[taker.symbol]
    cdef bint is_taker_buying = taker.side == BUY
    cdef const Order* buyer = taker if is_taker_buying else maker
    cdef const Order* seller = maker if is_taker_buying else taker
    cdef int64_t notional = price * quantity * terms.step_units
    cdef int64_t amount = quantity * terms.lot_units
    cdef int64_t held, bought, sold
    cdef Balance* balance
    if terms.lot_units == 0:
        return
    held = held_for(terms, buyer, quantity)
    balance = open_balance(&core.ledger, buyer.account, terms.quote)
    add(&balance.locked, -held)
    add(&balance.free, held - notional)
    add(&open_balance(&core.ledger, seller.account, terms.base).locked, -amount)
    bought = pay(core, buyer, terms.base, amount, not is_taker_buying)
    if unlikely(buyer.has_extra):
        keep_received(
            core, buyer, extra_of_either(core, buyer, taker), terms.base, amount - bought
        )
    sold = pay(core, seller, terms.quote, notional, is_taker_buying)
    emit(
        core, COMMISSION, REASON_NONE, taker, maker.order_id, 0,
        bought if is_taker_buying else sold, sold if is_taker_buying else bought, 0, trade_id,
    )
