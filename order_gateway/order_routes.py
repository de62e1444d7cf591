"""Routes that put orders into the queue and change them."""

from typing import Any

from starlette.responses import Response

from order_gateway.answer_schemas import (
    BatchResults,
    ChangeAccepted,
    OrderAccepted,
    OrderFullResult,
    OrderResult,
    OutcomeUnknown,
)
from order_gateway.answers import (
    REPLAYED_HEADER,
    Answer,
    answer_change,
    answer_items,
    answer_refused_item,
)
from order_gateway.api_keys import Scope
from order_gateway.call import Call
from order_gateway.direct_route import DirectRoutes
from order_gateway.door import charge
from order_gateway.gateway import Gateway
from order_gateway.history import History
from order_gateway.openapi import (
    Responses,
    describe_change,
    describe_command,
    describe_path,
    describe_problems,
)
from order_gateway.order_body import OrderBody
from order_gateway.repeats import answer_orders
from order_gateway.request_schemas import AmendRequest, BatchRequest, OrderRequest, ResponseMode
from order_gateway.validation import (
    check_media_type,
    read_amendment,
    read_order,
    split_batch,
)
from order_gateway.waiting import read_waiting
from protocol.commands import parse_order_id
from protocol.enums import Reason
from protocol.refusal import Refusal

BODY_PROBLEMS = (
    Reason.BODY_TOO_LARGE,
    Reason.UNSUPPORTED_MEDIA_TYPE,
    Reason.INVALID_JSON,
    Reason.INVALID_TYPE,
    Reason.MISSING_FIELD,
)
ORDER_PROBLEMS = (
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
)
"""Of a new order; those of its values come to them."""
_VALUE_PROBLEMS = (
    Reason.INVALID_DECIMAL,
    Reason.OFF_TICK,
    Reason.OFF_LOT,
    Reason.PRICE_FORBIDDEN,
    Reason.STOP_PRICE_FORBIDDEN,
    Reason.PRICE_OUT_OF_RANGE,
    Reason.QUANTITY_OUT_OF_RANGE,
    Reason.NOTIONAL_OUT_OF_RANGE,
)
_AMEND_PROBLEMS = (
    Reason.NOTHING_TO_AMEND,
    Reason.PRICE_OUT_OF_BAND,
    Reason.INSTRUMENT_HALTED,
    Reason.TOO_MANY_OPEN_ORDERS,
    *_VALUE_PROBLEMS,
)
_QUEUE_PROBLEMS = (Reason.QUEUE_UNAVAILABLE, Reason.OVERLOADED)
CHANGE_PROBLEMS = (Reason.IDEMPOTENCY_KEY_REUSED, *_QUEUE_PROBLEMS)
_ORDER_CHANGE_PROBLEMS = (
    Reason.UNKNOWN_ORDER,
    Reason.ORDER_CLOSED,
    Reason.INVALID_ORDER_ID,
    *CHANGE_PROBLEMS,
)
ORDER_ID = describe_path("order_id", r"^\d{1,16}$", "4503599627370495")

_RESULT: dict[str, Any] = {
    "model": OrderFullResult | OrderResult,
    "headers": {REPLAYED_HEADER: {"schema": {"type": "string", "const": "true"}}},
}
_UNKNOWN: dict[str, Any] = {
    "model": OutcomeUnknown,
    "description": "The queue's confirmation was lost",
}
PENDING: dict[str, Any] = {
    "model": ChangeAccepted | OutcomeUnknown,
    "description": "In the queue, or the queue's confirmation was lost",
}
_ORDER_RESPONSES: Responses = {
    200: _RESULT
    | {"description": "A repeat: the state of the first order of this client_order_id"},
    201: {
        "model": OrderFullResult | OrderResult | OrderAccepted,
        "description": "In the queue, or (`response=result`, `full`) handled by the engine",
    },
    202: _UNKNOWN,
}
_CHANGE_RESPONSES: Responses = {
    200: _RESULT | {"description": "Done: the order as it is now"},
    202: PENDING,
}


def add_order_routes(routes: DirectRoutes, gateway: Gateway, history: History) -> None:
    """Adds them."""
    _add_submission(routes, gateway, history)
    _add_batch(routes, gateway, history)
    _add_cancel(routes, gateway)
    _add_amend(routes, gateway)


def _add_submission(routes: DirectRoutes, gateway: Gateway, history: History) -> None:
    async def submit_order(call: Call) -> Response:
        """Put an order into the queue. 201 once the queue has confirmed it.

        With `response=result` or `full` the answer waits for the engine (a `rejected` order is
        still 201: it exists and has a history) and falls back to `accepted` after two seconds.
        A repeat with the same `client_order_id` never makes a second order.
        """
        waiting = read_waiting(call, ResponseMode.ACK)
        check_media_type(call)
        order = read_order(call.body, gateway.instruments)
        [outcome] = await gateway.submit_orders(call, [order], waiting)
        [answer] = await answer_orders(history, call.account, [outcome], waiting.mode)
        return answer.to_response()

    routes.add(
        "POST", "/v1/orders", submit_order, needs=Scope.TRADE, max_body=routes.max_body,
        status_code=201, summary="Submit an order", tags=["orders"],
        request=describe_command(ResponseMode.ACK, OrderRequest),
        responses=_ORDER_RESPONSES | describe_problems(
            *BODY_PROBLEMS, *ORDER_PROBLEMS, *_VALUE_PROBLEMS, *_QUEUE_PROBLEMS
        ),
    )  # fmt: skip


def _add_batch(routes: DirectRoutes, gateway: Gateway, history: History) -> None:
    async def submit_batch(call: Call) -> Response:
        """Put up to 500 orders into the queue together, in their order.

        Each has its own result, with the status and the body that it would have had by itself: an
        order that is refused does not keep the others out. Counts as one request for each order.
        """
        waiting = read_waiting(call, ResponseMode.ACK)
        check_media_type(call)
        raw_orders = split_batch(call.body)
        _check_size(call, len(raw_orders))
        charge(call, len(raw_orders) - 1)
        orders: list[OrderBody] = []
        answers: list[Answer | None] = []
        for raw in raw_orders:
            try:
                orders.append(read_order(raw, gateway.instruments))
                answers.append(None)
            except Refusal as refusal:
                gateway.count_refusal(refusal)
                answers.append(answer_refused_item(refusal))
        outcomes = await gateway.submit_orders(call, orders, waiting) if orders else []
        queued = iter(await answer_orders(history, call.account, outcomes, waiting.mode))
        return answer_items([answer or next(queued) for answer in answers])

    routes.add(
        "POST", "/v1/orders/batch", submit_batch, needs=Scope.TRADE, max_body=routes.max_batch,
        summary="Submit up to 500 orders", tags=["orders"],
        request=describe_command(ResponseMode.ACK, BatchRequest), response_model=BatchResults,
        responses=describe_problems(*BODY_PROBLEMS, Reason.BATCH_TOO_LARGE, *_QUEUE_PROBLEMS),
    )  # fmt: skip


def _check_size(call: Call, count: int) -> None:
    """Raises Refusal for a batch that could never pass: its key may not do so much in a second."""
    if call.limit is not None and count > call.limit.rate:
        raise Refusal(
            Reason.BATCH_TOO_LARGE,
            "orders",
            f"a batch under this key has at most {call.limit.rate} orders, as many as the key may"
            f" make requests in a second; this one has {count}",
        )


def _add_cancel(routes: DirectRoutes, gateway: Gateway) -> None:
    async def cancel_order(call: Call) -> Response:
        """Cancel an order of the account; the answer waits for the engine by default."""
        waiting = read_waiting(call, ResponseMode.RESULT)
        order_id = parse_order_id(call.path_params["order_id"])
        outcome = await gateway.cancel_order(call, order_id, waiting)
        return answer_change(outcome, waiting.mode).to_response()

    routes.add(
        "DELETE", "/v1/orders/{order_id}", cancel_order, needs=Scope.TRADE,
        summary="Cancel an order", tags=["orders"], request=_describe_change(),
        responses=_CHANGE_RESPONSES | describe_problems(*_ORDER_CHANGE_PROBLEMS),
    )  # fmt: skip


def _add_amend(routes: DirectRoutes, gateway: Gateway) -> None:
    async def amend_order(call: Call) -> Response:
        """Change an order of the account; the answer waits for the engine by default.

        A smaller quantity keeps the order's priority; a larger one or a new price loses it, and
        may trade. A total at or below what is filled cancels the rest.
        """
        waiting = read_waiting(call, ResponseMode.RESULT)
        order_id = parse_order_id(call.path_params["order_id"])
        check_media_type(call)
        amendment = read_amendment(call.body)
        outcome = await gateway.amend_order(call, order_id, amendment, waiting)
        return answer_change(outcome, waiting.mode).to_response()

    routes.add(
        "PATCH", "/v1/orders/{order_id}", amend_order, needs=Scope.TRADE, max_body=routes.max_body,
        summary="Amend an order", tags=["orders"], request=_describe_change(AmendRequest),
        responses=_CHANGE_RESPONSES | describe_problems(
            *_ORDER_CHANGE_PROBLEMS, *BODY_PROBLEMS, *_AMEND_PROBLEMS
        ),
    )  # fmt: skip


def _describe_change(body: type[AmendRequest] | None = None) -> dict[str, Any]:
    description = describe_change(body)
    description["parameters"].insert(0, ORDER_ID)
    return description
