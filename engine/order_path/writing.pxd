"""Write fills, trades and reports; what few orders have, `event_text` writes."""

from libc.stdint cimport int64_t

from engine.core.compiled.state cimport BUY, EventRecord
from engine.exchange.orders cimport Order
from engine.order_path.path cimport (
    GTC_WORD,
    NO_PREVENTION,
    PLAIN,
    SIDES,
    Market,
    Path,
    SpecialTerms,
    event_text,
    format_timestamp,
)
from engine.order_path.published cimport put_commission, put_fill, put_trade
from engine.order_path.reports cimport (
    Filled,
    end_report,
    find_filled,
    put_names,
    put_outcome,
    put_progress,
    put_special,
    put_terms,
)
from engine.order_path.text cimport begin_event, end_event, put_quoted
from protocol.plain_text cimport put

cdef extern from "Python.h":
    str PyUnicode_DecodeASCII(const char* text, Py_ssize_t size, const char* errors)

cdef enum:
    LONGEST_FILL = 512


cdef inline bint is_plain(Order order) noexcept:
    """Whether an order has nothing that is the handler's to tell or to change."""
    return not order.prevented and order.order_list is None and (
        order.special is PLAIN or type(order.special) is SpecialTerms
    )


cdef inline str fill_text(
    Path path, const EventRecord* event, Market market, Order order, object liquidity,
    int64_t commission,
):
    cdef char text[LONGEST_FILL]
    cdef char* at = text
    cdef bint is_buy = order.side is SIDES[BUY]
    cdef object asset = (market.base if is_buy else market.quote) if path.is_charged else None
    if not market.grid.is_simple:
        return event_text.fill_text(
            market.instrument, event.number, event.price, event.quantity, liquidity,
            commission, asset,
        )
    at = put_fill(at, event, &market.grid, liquidity)
    if asset is not None:
        at = put_commission(
            at, commission, market.grid.base_places if is_buy else market.grid.quote_places,
            asset.symbol,
        )
    at = put(at, b"}")
    return PyUnicode_DecodeASCII(text, at - text, NULL)


cdef inline int publish_trade(
    Path path, const EventRecord* event, Market market, Order taker, Order maker
) except -1:
    if market.grid.is_simple:
        put_trade(
            &path.trades, event, &market.grid, market.symbol, taker, maker, path.timestamp_text
        )
        return 0
    path.flush()
    event_text.put_trade(
        path.batch.trades, maker, taker, event.number, event.price, event.quantity,
        path.timestamp_text,
    )
    return 0


cdef inline int64_t number_report(Path path) noexcept:
    return path.reports_count * path.number_step + path.number_rest


cdef inline bint put_plain_report(Path path, Order order, str fill) except -1:
    """Write a report; return False if the order has what few have, or numbers too large."""
    cdef Market market = path.markets[order.symbol]
    cdef Filled filled
    cdef str end = None
    cdef char* at
    if not market.grid.is_simple or not is_plain(order):
        return False
    if not find_filled(order, &market.grid, &filled):
        return False
    if order.expires_at:
        end = format_timestamp(order.expires_at)
    at = put_names(begin_event(&path.reports), order, &market.grid)
    at = put_terms(at, order, market.symbol, &market.grid)
    at = put_progress(at, order, &market.grid, &filled)
    if order.special is not PLAIN:
        at = put_special(at, order.special, GTC_WORD, end, &market.grid)
    if path.tells_prevention and order.self_trade_prevention is not NO_PREVENTION:
        at = put_quoted(put(at, b',"self_trade_prevention":'), order.self_trade_prevention)
    at = put_outcome(at, order, fill)
    end_event(&path.reports, end_report(at, path.sequence, path.timestamp_text))
    return True


cdef inline int report(Path path, Order order, str fill) except -1:
    """Number and write a report of the order's state now, with its fill if it had one."""
    path.reports_count += 1
    order.execution_number = number_report(path)
    if put_plain_report(path, order, fill):
        return 0
    path.flush()
    event_text.put_report(
        path.batch.reports, order, event_text.NO_TRADE if fill is None else fill, path.sequence,
        path.timestamp_text, path.tells_prevention,
    )
    return 0


cdef inline object report_text(Path path, Order order):
    """Return a report of the order's state now, without a fill, as JSON."""
    cdef size_t size = path.reports.size
    cdef int64_t events = path.reports.events
    cdef object text
    if not put_plain_report(path, order, None):
        return event_text.report_text(
            order, event_text.NO_TRADE, path.sequence, path.timestamp_text, path.tells_prevention
        )
    text = path.reports.start[size + (events > 0):path.reports.size]
    path.reports.size, path.reports.events = size, events
    return text
