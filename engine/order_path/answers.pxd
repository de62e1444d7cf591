"""Answer a command whose sender waits for it."""

from engine.exchange.orders cimport Order
from engine.order_path.fields cimport Fields
from engine.order_path.path cimport INSUFFICIENT_BALANCE, Outcome, Path, answer_order, to_reply
from engine.order_path.writing cimport report_text
from protocol.plain_text cimport to_str


cdef inline int answer(Path path, const Fields* fields, object shortfall, Order canceled) except -1:
    """Answer a command about the order in hand."""
    cdef str request_id = to_str(&fields.request_id)
    cdef Order order = path.order
    if canceled is not None:
        outcome = Outcome(order, None, order.reason, shortfall, canceled_order=canceled)
        reply = to_reply(request_id, outcome, path.batch)
    else:
        report = report_text(path, order)
        reply = answer_order(order, report, shortfall, request_id, path.batch)
    path.batch.add_reply(to_str(&fields.reply_to), reply)
    return 0


cdef inline int answer_new(Path path, const Fields* fields, Order canceled) except -1:
    """Answer a command that entered an order, if it is to be answered."""
    cdef object shortfall = None
    if not path.is_answered:
        return 0
    if path.order.reason is INSUFFICIENT_BALANCE:
        shortfall = path.exchange.explain_shortfall(path.order)
    return answer(path, fields, shortfall, canceled)
