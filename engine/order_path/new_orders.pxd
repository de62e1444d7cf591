"""Take a `new`, as `engine.exchange.submission` does."""

from cpython.dict cimport PyDict_GetItem
from cpython.object cimport PyObject
from libc.stdint cimport int64_t

from engine.core.compiled.commands cimport is_special
from engine.core.compiled.state cimport FOK, IOC, STOP_LOSS, Leg, Special
from engine.exchange.orders cimport Order
from engine.order_path.answers cimport answer_new
from engine.order_path.fields cimport Fields
from engine.order_path.path cimport (
    NEVER_RESTS,
    OPEN,
    ORDER_TYPES,
    PLAIN,
    PREVENTIONS,
    SHARE_UNIT,
    SIDES,
    STATUS_REJECTED,
    TIMES_IN_FORCE,
    WORD_TERMS,
    Market,
    Path,
    Refusal,
    SpecialTerms,
    check_order_values,
    derive_order_id,
    find_end_of_day,
    parse_moment,
    read_quote_quantity,
)
from engine.order_path.recording cimport close, record
from engine.order_path.rejects cimport put_rejected
from engine.order_path.terms cimport begin_terms, has_right_fields, read_numbers
from engine.order_path.values cimport read_whole, to_str_or_none
from engine.order_path.words cimport DAY, GTD
from protocol.plain_text cimport Text, is_identifier, is_same, to_str


cdef inline Market find_market(Path path, const Text* symbol):
    """Return the market that takes orders; None if that needs a second look."""
    cdef Market market = path.market
    cdef PyObject* found
    if symbol.at is NULL:
        return None
    if market is None or not is_same(market.symbol, symbol):
        found = PyDict_GetItem(path.by_symbol, to_str(symbol))
        if found is NULL:
            return None
        market = path.market = <Market>found
    if not market.grid.is_simple or path.sequence <= market.listed_after:
        return None
    return None if market.index in path.phases else market


cdef inline int64_t find_id(Path path, const Fields* fields, str name) except -2:
    """Return a new order's id; -1 if that needs a second look."""
    if fields.is_unique:
        return -1 if fields.order.order_id.at else make_unique_id(path)
    if fields.order.order_id.at:
        return read_whole(&fields.order.order_id)
    return derive_order_id(path.id_key, path.account, name)


cdef inline int64_t make_unique_id(Path path) except -2:
    return derive_order_id(path.id_key, path.account, f"open:{path.sequence}")


cdef inline bint has_open_name(Path path, str name, bint is_unique) except -1:
    cdef Order named
    if is_unique:
        return path.exchange.find_open_name(path.account, name) is not None
    if not path.orders.named:
        return False
    named = path.orders.find_name(path.account, name)
    return named is not None and not named.is_closed


cdef inline bint read_terms(Path path, const Fields* fields, Market market, Leg* terms) except -1:
    """Read what an order asks for; return False if anything is wrong with it, or unusual."""
    begin_terms(fields, terms)
    if not read_numbers(terms, fields, &market.grid):
        return False
    try:
        if fields.quote_quantity.at:
            terms.special.quote_amount = read_quote_quantity(
                market.instrument, to_str(&fields.quote_quantity)
            )
        if fields.time_in_force == GTD:
            path.ends_at = max(1, parse_moment(to_str(&fields.expires_at)))  # 0 is no end
    except (Refusal, ValueError):
        return False
    return True


cdef inline Order make_order(
    Path path, const Fields* fields, Market market, const Leg* terms, str name, int64_t order_id
):
    cdef Order order = Order.__new__(Order)
    order.order_id = order_id
    order.client_order_id = order.first_name = name
    order.account = path.account
    order.instrument = market.instrument
    order.symbol = market.index
    order.side = SIDES[fields.side]
    order.order_type = ORDER_TYPES[fields.order_type]
    order.self_trade_prevention = PREVENTIONS[fields.prevention]
    order.quantity = order.remaining = terms.command.quantity
    order.price = terms.command.price
    order.stop_price = terms.command.stop_price
    order.notional = 0
    order.triggered = False if fields.order_type >= STOP_LOSS else None
    order.status = OPEN
    order.special = PLAIN
    if fields.has_time_in_force or terms.special.display or terms.special.quote_amount:
        add_special(path, fields, &terms.special, order)
    return order


cdef inline int add_special(
    Path path, const Fields* fields, const Special* special, Order order
) except -1:
    """Give a new order what few have."""
    cdef int time_in_force = fields.time_in_force
    if fields.order_type in (IOC, FOK):
        return 0  # the type says it already
    if time_in_force == GTD:
        order.expires_at = path.ends_at
    elif time_in_force == DAY:
        order.expires_at = find_end_of_day(path.timestamp)
    if time_in_force == GTD or special.display or special.quote_amount:
        order.special = SpecialTerms(
            TIMES_IN_FORCE[time_in_force], path.ends_at if time_in_force == GTD else 0,
            special.display, special.quote_amount,
        )
    else:
        order.special = WORD_TERMS[time_in_force]
    return 0


cdef inline bint is_at_price(
    Path path, Market market, int64_t price, int64_t lots, bint has_band
) except -1:
    cdef object notional = <object>price * lots
    cdef object last, reach
    if market.limits.min_notional is not None and notional < market.limits.min_notional:
        return False
    if market.limits.max_notional is not None and notional > market.limits.max_notional:
        return False
    last = path.matcher.core.books[market.index].last_trade_price
    if market.limits.band is None or not last or not has_band:
        return True
    reach = last * market.limits.band // SHARE_UNIT
    return max(1, last - reach) <= price <= last + reach


cdef inline bint is_allowed(Path path, Market market, Order order, int64_t leaving) except -1:
    """Whether a new order obeys the limits, where `leaving` open ones make room for it."""
    cdef int64_t most = path.max_open_orders + leaving
    if order.expires_at and order.expires_at <= path.timestamp:
        return False
    if order.quantity and not market.obeys(order.quantity):
        return False
    if path.orders.count_open(path.account) >= most and order.order_type not in NEVER_RESTS:
        return False
    if not market.is_limited or not order.price:
        return True
    return is_at_price(path, market, order.price, order.quantity, order.triggered is None)


cdef inline bint reject(
    Path path, const Fields* fields, Market market, str name, int64_t order_id
) except -1:
    """Reject a new order whose numbers are wrong; return False if only the handler knows."""
    if path.is_answered:
        return False
    try:
        check_order_values(
            market.instrument, ORDER_TYPES[fields.order_type],
            to_str_or_none(&fields.quantity), to_str_or_none(&fields.price),
            to_str_or_none(&fields.stop_price), to_str_or_none(&fields.quote_quantity),
        )
    except Refusal as refusal:
        put_rejected(path, fields, market, name, order_id, refusal.code)
        return True
    return False


cdef inline bint refuse_order(Path path, const Fields* fields, Order order) except -1:
    """Refuse an order for what it would be now; return False if that is the handler's."""
    if path.is_answered:
        return False
    try:
        path.exchange.check_new(order, to_str_or_none(&fields.quantity) or "")
    except Refusal as refusal:
        order.reason = refusal.code
    else:
        return False
    order.expires_at = 0  # it was never in force
    if fields.is_unique:
        path.orders.make_unique(order)
    path.orders.add(order)
    close(path, order, STATUS_REJECTED, order.reason)
    return True


cdef inline int bring_in(
    Path path, Market market, Order order, Leg* terms, bint is_unique
) except -1:
    """Enter an order that nothing speaks against, and record what follows."""
    path.orders.add(order)
    if is_unique:
        path.orders.make_unique(order)
    path.order = order
    terms.command.symbol = market.index
    terms.command.order_id = order.order_id
    terms.command.account = path.account_number
    if not is_special(&terms.special):
        path.matcher.carry_out(&terms.command)
    else:
        if terms.special.quote_amount:  # then the core works out the quantity
            terms.command.quantity = market.min_quantity
            terms.special.most = market.max_quantity
        path.matcher.carry_out_special(&terms.command, &terms.special)
    record(path, path.matcher.core.events, path.matcher.core.event_count)
    if order.expires_at:
        path.exchange.expiries.add(order)
    return 0


cdef inline bint enter(Path path, const Fields* fields) except -1:
    cdef Leg terms
    cdef Market market = find_market(path, &fields.symbol)
    cdef Order order
    cdef str name
    cdef int64_t order_id
    cdef bint is_known
    if market is None or not is_identifier(&fields.order.client_order_id):
        return False
    is_known = path.find_account(&fields.account) > 0
    if not is_known and not is_identifier(&fields.account) or not has_right_fields(fields):
        return False
    name = to_str(&fields.order.client_order_id)
    order_id = find_id(path, fields, name)
    if order_id <= 0 or path.orders.find(order_id) is not None:
        return False
    if has_open_name(path, name, fields.is_unique):
        return False
    if not read_terms(path, fields, market, &terms):
        return reject(path, fields, market, name, order_id)
    if not is_known:
        return False  # the handler opens the account
    order = make_order(path, fields, market, &terms, name, order_id)
    if not is_allowed(path, market, order, 0):
        return refuse_order(path, fields, order)
    bring_in(path, market, order, &terms, fields.is_unique)
    answer_new(path, fields, None)
    return True
