"""Routes for several changes in one request: a cancel with a new order, and batches of cancels."""

from starlette.responses import Response

from edge.api_keys import Scope
from order_gateway.admission.admission import charge
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.answer_schemas import CancelBatchResults, ReplaceResult
from order_gateway.document.common_answers import (
    BODY_PROBLEMS,
    CHANGE_PROBLEMS,
    ORDER_PROBLEMS,
    PENDING,
    QUEUE_PROBLEMS,
    REPLAYED,
)
from order_gateway.document.route_descriptions import describe_change, describe_command
from order_gateway.queueing.entries import OrderName, make_cancel, make_replace
from order_gateway.reading.request_schemas import (
    CancelBatchRequest,
    ReplaceRequest,
    ResponseMode,
    TargetRequest,
)
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import (
    check_media_type,
    check_order,
    parse_body,
    read_target,
)
from order_gateway.routes.answers import (
    answer_change,
    answer_items,
    answer_refused_item,
    answer_replace,
)
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.order_routes import check_size
from order_gateway.routes.services import Body, Services
from protocol.commands import QueueEntry
from protocol.enums import Reason
from protocol.problem_responses import Responses, describe_problems
from protocol.refusal import Refusal

routes = RouteTable()

_RESPONSES: Responses = {
    200: REPLAYED | {"model": ReplaceResult, "description": "Done"},
    202: PENDING,
}


@routes.add(
    "POST", "/v1/orders/replace", needs=Scope.TRADE, body=Body.SINGLE,
    summary="Cancel an order and submit another one", tags=["orders"],
    request=describe_change(ReplaceRequest),
    responses=_RESPONSES
    | describe_problems(
        *BODY_PROBLEMS, *ORDER_PROBLEMS, *CHANGE_PROBLEMS, Reason.UNKNOWN_ORDER,
        Reason.ORDER_CLOSED, Reason.CANCEL_RESTRICTED, Reason.CLIENT_ORDER_ID_OPEN,
        Reason.TOO_LATE, Reason.INSTRUMENT_HALTED, Reason.INSTRUMENT_CLOSED,
        Reason.PRICE_OUT_OF_BAND, Reason.TOO_MANY_OPEN_ORDERS,
    ),
)  # fmt: skip
async def replace_order(services: Services, request: RequestContext) -> Response:
    """Cancel an order and enter a new one, as one command: nothing happens in between.

    If the new order breaks a rule, or if the other one cannot be canceled (and `mode` does not
    allow that), nothing changes. What the book or the balance refuses is `rejected` after the
    cancel.
    """
    preference = read_preference(request, ResponseMode.RESULT)
    check_media_type(request)
    asked = parse_body(ReplaceRequest, request.body)
    order = check_order(asked.order, services.instruments)
    entry = make_replace(request, order, read_target(asked.replaced), asked.mode)
    outcome = await services.gateway.replace_order(request, entry, preference)
    return answer_replace(outcome, preference.mode).to_response()


@routes.add(
    "POST", "/v1/orders/cancel-batch", needs=Scope.TRADE, body=Body.BATCH,
    summary="Cancel up to 500 orders", tags=["orders"],
    request=describe_command(ResponseMode.RESULT, CancelBatchRequest),
    response_model=CancelBatchResults,
    responses=describe_problems(*BODY_PROBLEMS, Reason.BATCH_TOO_LARGE, *QUEUE_PROBLEMS),
)  # fmt: skip
async def cancel_batch(services: Services, request: RequestContext) -> Response:
    """Put up to 500 cancels into the queue, in their order.

    Each has its own result, with the status and the body that it would have by itself; one that is
    refused does not keep the others out. Each counts as one request.
    """
    preference = read_preference(request, ResponseMode.RESULT)
    check_media_type(request)
    targets = parse_body(CancelBatchRequest, request.body).orders
    check_size(request, len(targets))
    charge(request, len(targets) - 1)
    services.gateway.check_room(request, len(targets))
    made = [await _make_cancel(services, request, target) for target in targets]
    cancels = [entry for entry in made if isinstance(entry, QueueEntry)]
    outcomes = await services.gateway.cancel_each(request, cancels, preference) if cancels else []
    queued = iter(outcomes)
    return answer_items(
        [
            answer_refused_item(entry)
            if isinstance(entry, Refusal)
            else answer_change(next(queued), preference.mode)
            for entry in made
        ]
    )


async def _make_cancel(
    services: Services, request: RequestContext, asked: TargetRequest
) -> QueueEntry | Refusal:
    try:
        target = read_target(asked)
    except Refusal as refusal:
        services.gateway.count_refusal(refusal)
        return refusal
    if target.client_order_id is not None:
        name = await services.gateway.find_name(request, target.client_order_id)
    else:
        order_id = None if target.order_id is None else int(target.order_id)
        name = OrderName(order_id, number=target.number)
    return make_cancel(name, target.restriction, target.cancel_id)
