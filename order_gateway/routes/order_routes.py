"""Routes that put orders into the queue."""

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from edge.api_keys import Scope
from order_gateway.admission.admission import charge
from order_gateway.admission.passage import Tell, Work
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.answer_schemas import (
    BatchResults,
    OrderAccepted,
    OrderFullResult,
    OrderResult,
    OutcomeUnknown,
)
from order_gateway.document.common_answers import (
    BODY_PROBLEMS,
    ORDER_PROBLEMS,
    QUEUE_PROBLEMS,
    RESULT,
)
from order_gateway.document.route_descriptions import describe_command
from order_gateway.queueing.gateway import Outcome, conclude_push
from order_gateway.queueing.waiting_pushes import Push, PushState
from order_gateway.reading.order_body import OrderBody
from order_gateway.reading.request_schemas import BatchRequest, OrderRequest, ResponseMode
from order_gateway.reading.response_preference import Preference, read_preference
from order_gateway.reading.validation import (
    check_media_type,
    read_order,
    split_batch,
)
from order_gateway.routes.answers import (
    Answer,
    JsonResponse,
    answer_items,
    answer_order,
    answer_refused_item,
)
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.order_answers import answer_orders
from order_gateway.routes.services import Body, Services
from protocol.codec import decode_entry
from protocol.enums import Reason
from protocol.problem_responses import Responses, describe_problems
from protocol.refusal import Refusal

if TYPE_CHECKING:
    from order_gateway.order_path.path import Path, Placed

routes = RouteTable()

_CONFIRMED = PushState.CONFIRMED

_ORDER_RESPONSES: Responses = {
    200: RESULT | {"description": "A repeat: the state of the first order of this client_order_id"},
    201: {
        "model": OrderFullResult | OrderResult | OrderAccepted,
        "description": "In the queue, or (`response=result`, `full`) handled by the engine",
    },
    202: {"model": OutcomeUnknown, "description": "The queue's confirmation was lost"},
}


def _read(services: Services, request: RequestContext) -> tuple[OrderBody, Preference]:
    preference = read_preference(request, ResponseMode.ACK)
    check_media_type(request)
    return read_order(request.body, services.instruments), preference


def place_order(services: Services, request: RequestContext, tell: Tell) -> Work | None:
    """Do what `submit_order` does; without waiting if nothing but the push is waited for."""
    order, preference = _read(services, request)
    waits = preference.mode is not ResponseMode.ACK or preference.tells_times
    if waits or not services.gateway.can_place(request):
        return _submit(services, request, order, preference)
    services.gateway.place(request, order, lambda outcome: tell(lambda: answer_placed(outcome)))
    return None


def place_promptly(services: Services, request: RequestContext, tell: Tell) -> Work | None:
    """Place a plain order the short way, any other as `place_order` does."""
    path = services.path
    if path is not None and path.place(
        request, lambda placed, push: tell(lambda: _answer_plain(path, request, placed, push))
    ):
        return None
    return place_order(services, request, tell)


def _answer_plain(path: "Path", request: RequestContext, placed: "Placed", push: Push) -> Response:
    if push.state is _CONFIRMED and not path.is_logged:
        return JsonResponse(201, placed.answer)
    entry = decode_entry(placed.entry)
    request.entries = [entry]
    return answer_placed(conclude_push(entry, push))


def answer_placed(outcome: Outcome) -> Response:
    """Answer an order that did not wait for the engine; raise Unavailable if it is not queued."""
    if outcome.obstacle is not None:
        raise outcome.obstacle
    return answer_order(outcome, ResponseMode.ACK).to_response()


async def _submit(
    services: Services, request: RequestContext, order: OrderBody, preference: Preference
) -> Response:
    [outcome] = await services.gateway.submit_orders(request, [order], preference)
    [answer] = await answer_orders(services.history, request, [outcome], preference.mode)
    return answer.to_response()


@routes.add(
    "POST", "/v1/orders", prompt=place_promptly, needs=Scope.TRADE, body=Body.SINGLE,
    status_code=201, summary="Submit an order", tags=["orders"],
    request=describe_command(ResponseMode.ACK, OrderRequest),
    responses=_ORDER_RESPONSES
    | describe_problems(
        *BODY_PROBLEMS, *ORDER_PROBLEMS, Reason.CLIENT_ORDER_ID_OPEN, Reason.TOO_LATE,
        *QUEUE_PROBLEMS,
    ),
)  # fmt: skip
async def submit_order(services: Services, request: RequestContext) -> Response:
    """Put an order into the queue. 201 once the queue has confirmed it.

    With `response=result` or `full` the answer waits for the engine. A `rejected` order is still a
    201, because it exists and has a history. After two seconds the answer falls back to `accepted`.
    A repeat with the same `client_order_id` never makes a second order.
    """
    return await _submit(services, request, *_read(services, request))


@routes.add(
    "POST", "/v1/orders/batch", needs=Scope.TRADE, body=Body.BATCH,
    summary="Submit up to 500 orders", tags=["orders"],
    request=describe_command(ResponseMode.ACK, BatchRequest), response_model=BatchResults,
    responses=describe_problems(*BODY_PROBLEMS, Reason.BATCH_TOO_LARGE, *QUEUE_PROBLEMS),
)  # fmt: skip
async def submit_batch(services: Services, request: RequestContext) -> Response:
    """Put up to 500 orders into the queue, in their order.

    Each has its own result, with the status and the body that it would have as a single order; a
    refused order does not keep the others out. Each order counts as one request.
    """
    preference = read_preference(request, ResponseMode.ACK)
    check_media_type(request)
    raw_orders = split_batch(request.body)
    check_size(request, len(raw_orders))
    charge(request, len(raw_orders) - 1)
    services.gateway.check_room(request, len(raw_orders))
    read = await request.take_in_turns(
        (_read_item(services, raw) for raw in raw_orders), len(raw_orders)
    )
    orders = [item for item in read if isinstance(item, OrderBody)]
    outcomes = await services.gateway.submit_orders(request, orders, preference) if orders else []
    queued = iter(await answer_orders(services.history, request, outcomes, preference.mode))
    return answer_items([item if isinstance(item, Answer) else next(queued) for item in read])


def _read_item(services: Services, raw: msgspec.Raw) -> OrderBody | Answer:
    """Return the order of a batch's item, or its answer if it is refused."""
    try:
        return read_order(raw, services.instruments)
    except Refusal as refusal:
        services.gateway.count_refusal(refusal)
        return answer_refused_item(refusal)


def check_size(request: RequestContext, count: int) -> None:
    """Raise Refusal for a batch that could never pass, being larger than the key's rate limit."""
    if request.limit is not None and count > request.limit.rate:
        raise Refusal(
            Reason.BATCH_TOO_LARGE,
            "orders",
            f"a batch under this key has at most {request.limit.rate} orders, as many as the key"
            f" may make requests in a second; this one has {count}",
        )
