"""Routes that put orders into the queue."""

from starlette.responses import Response

from order_gateway.account.history import History
from order_gateway.admission.admission import charge
from order_gateway.admission.api_keys import Scope
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
    QUEUE_PROBLEMS,
    RESULT,
    VALUE_PROBLEMS,
)
from order_gateway.document.openapi import (
    Responses,
    describe_command,
    describe_problems,
)
from order_gateway.queueing.gateway import Gateway
from order_gateway.reading.order_body import OrderBody
from order_gateway.reading.request_schemas import BatchRequest, OrderRequest, ResponseMode
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import (
    check_media_type,
    read_order,
    split_batch,
)
from order_gateway.routes.answers import (
    Answer,
    answer_items,
    answer_refused_item,
)
from order_gateway.routes.direct_route import DirectRoutes
from order_gateway.routes.repeats import answer_orders
from protocol.enums import Reason
from protocol.refusal import Refusal

_ORDER_PROBLEMS = (
    Reason.UNKNOWN_SYMBOL,
    Reason.INVALID_SIDE,
    Reason.INVALID_ORDER_TYPE,
    Reason.INVALID_SELF_TRADE_PREVENTION,
    Reason.INVALID_CLIENT_ORDER_ID,
    Reason.PRICE_REQUIRED,
    Reason.STOP_PRICE_REQUIRED,
    Reason.QUANTITY_REQUIRED,
    Reason.CLIENT_ORDER_ID_REUSED,
    Reason.ORDER_ID_COLLISION,
    *VALUE_PROBLEMS,
)
_ORDER_RESPONSES: Responses = {
    200: RESULT | {"description": "A repeat: the state of the first order of this client_order_id"},
    201: {
        "model": OrderFullResult | OrderResult | OrderAccepted,
        "description": "In the queue, or (`response=result`, `full`) handled by the engine",
    },
    202: {"model": OutcomeUnknown, "description": "The queue's confirmation was lost"},
}


def add_order_routes(routes: DirectRoutes, gateway: Gateway, history: History) -> None:
    """Adds them."""
    _add_submission(routes, gateway, history)
    _add_batch(routes, gateway, history)


def _add_submission(routes: DirectRoutes, gateway: Gateway, history: History) -> None:
    async def submit_order(request: RequestContext) -> Response:
        """Put an order into the queue. 201 once the queue has confirmed it.

        With `response=result` or `full` the answer waits for the engine (a `rejected` order is
        still 201: it exists and has a history) and falls back to `accepted` after two seconds.
        A repeat with the same `client_order_id` never makes a second order.
        """
        preference = read_preference(request, ResponseMode.ACK)
        check_media_type(request)
        order = read_order(request.body, gateway.instruments)
        [outcome] = await gateway.submit_orders(request, [order], preference)
        [answer] = await answer_orders(history, request.account, [outcome], preference.mode)
        return answer.to_response()

    routes.add(
        "POST", "/v1/orders", submit_order, needs=Scope.TRADE, max_body=routes.max_body,
        status_code=201, summary="Submit an order", tags=["orders"],
        request=describe_command(ResponseMode.ACK, OrderRequest),
        responses=_ORDER_RESPONSES | describe_problems(
            *BODY_PROBLEMS, *_ORDER_PROBLEMS, *QUEUE_PROBLEMS
        ),
    )  # fmt: skip


def _add_batch(routes: DirectRoutes, gateway: Gateway, history: History) -> None:
    async def submit_batch(request: RequestContext) -> Response:
        """Put up to 500 orders into the queue together, in their order.

        Each has its own result, with the status and the body that it would have had by itself: an
        order that is refused does not keep the others out. Counts as one request for each order.
        """
        preference = read_preference(request, ResponseMode.ACK)
        check_media_type(request)
        raw_orders = split_batch(request.body)
        _check_size(request, len(raw_orders))
        charge(request, len(raw_orders) - 1)
        orders: list[OrderBody] = []
        answers: list[Answer | None] = []
        for raw in raw_orders:
            try:
                orders.append(read_order(raw, gateway.instruments))
                answers.append(None)
            except Refusal as refusal:
                gateway.count_refusal(refusal)
                answers.append(answer_refused_item(refusal))
        outcomes = await gateway.submit_orders(request, orders, preference) if orders else []
        queued = iter(await answer_orders(history, request.account, outcomes, preference.mode))
        return answer_items([answer or next(queued) for answer in answers])

    routes.add(
        "POST", "/v1/orders/batch", submit_batch, needs=Scope.TRADE, max_body=routes.max_batch,
        summary="Submit up to 500 orders", tags=["orders"],
        request=describe_command(ResponseMode.ACK, BatchRequest), response_model=BatchResults,
        responses=describe_problems(*BODY_PROBLEMS, Reason.BATCH_TOO_LARGE, *QUEUE_PROBLEMS),
    )  # fmt: skip


def _check_size(request: RequestContext, count: int) -> None:
    """Raises Refusal for a batch that could never pass: its key may not do so much in a second."""
    if request.limit is not None and count > request.limit.rate:
        raise Refusal(
            Reason.BATCH_TOO_LARGE,
            "orders",
            f"a batch under this key has at most {request.limit.rate} orders, as many as the key may"
            f" make requests in a second; this one has {count}",
        )
