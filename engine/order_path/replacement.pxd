"""Take a `replace`, as `engine.exchange.replacement` does."""

from libc.stdint cimport int64_t

from engine.core.compiled.state cimport Leg
from engine.exchange.orders cimport Order
from engine.order_path.answers cimport answer_new
from engine.order_path.fields cimport Fields
from engine.order_path.new_orders cimport (
    bring_in,
    find_market,
    has_open_name,
    is_allowed,
    make_order,
    make_unique_id,
    read_terms,
)
from engine.order_path.open_orders cimport find_order, may_cancel, take_out
from engine.order_path.path cimport Market, Path
from engine.order_path.recording cimport record
from engine.order_path.terms cimport has_right_fields
from protocol.plain_text cimport is_identifier, to_str


cdef inline bint replace(Path path, const Fields* fields) except -1:
    """Cancel an order and enter another, if nothing speaks against both."""
    cdef Leg terms
    cdef Market market = find_market(path, &fields.symbol)
    cdef Order canceled, order
    cdef str name
    cdef int64_t order_id
    if market is None or not is_identifier(&fields.order.client_order_id):
        return False
    if not fields.is_replacing or fields.order.order_id.at or not has_right_fields(fields):
        return False
    canceled = find_order(path, fields, &fields.replaced)
    if canceled is None or not may_cancel(path, &fields.replaced, canceled):
        return False
    name = to_str(&fields.order.client_order_id)
    order_id = make_unique_id(path)
    if path.orders.find(order_id) is not None:
        return False
    if canceled.client_order_id != name and has_open_name(path, name, True):
        return False
    if not read_terms(path, fields, market, &terms):
        return False
    order = make_order(path, fields, market, &terms, name, order_id)
    if not is_allowed(path, market, order, 1):
        return False
    path.matcher.join()
    take_out(path, &fields.replaced, canceled)
    bring_in(path, market, order, &terms, True)
    path.matcher.end_joined()
    record(path, path.matcher.core.events, path.matcher.core.event_count)
    answer_new(path, fields, canceled)
    return True
