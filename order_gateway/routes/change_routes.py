"""Routes that change one order, named in the path by its id or by its client order id."""

from starlette.responses import Response

from order_gateway.admission.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.common_answers import (
    BODY_PROBLEMS,
    CHANGE_PROBLEMS,
    CLIENT_ORDER_ID,
    ORDER_ID,
    PENDING,
    RESULT,
    VALUE_PROBLEMS,
)
from order_gateway.document.route_descriptions import describe_change
from order_gateway.queueing.entries import OrderName
from order_gateway.reading.request_schemas import AmendRequest, ResponseMode
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import check_media_type, read_amendment
from order_gateway.routes.answers import answer_change
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.services import Body, Services
from protocol.commands import check_client_order_id, parse_order_id
from protocol.enums import Reason
from protocol.problem_responses import Responses, describe_problems

routes = RouteTable()

_CANCEL_PROBLEMS = (Reason.UNKNOWN_ORDER, Reason.ORDER_CLOSED, *CHANGE_PROBLEMS)
_AMEND_PROBLEMS = (
    *_CANCEL_PROBLEMS,
    Reason.NOTHING_TO_AMEND,
    Reason.WOULD_TRADE,
    Reason.PRICE_OUT_OF_BAND,
    Reason.INSTRUMENT_HALTED,
    Reason.TOO_MANY_OPEN_ORDERS,
    Reason.INSUFFICIENT_BALANCE,
    *BODY_PROBLEMS,
    *VALUE_PROBLEMS,
)
_RESPONSES: Responses = {
    200: RESULT | {"description": "Done: the order as it is now"},
    202: PENDING,
}


@routes.add(
    "DELETE", "/v1/orders/by-client-id/{client_order_id}", needs=Scope.TRADE,
    summary="Cancel an order by its client order id", tags=["orders"],
    request=describe_change(path=CLIENT_ORDER_ID),
    responses=_RESPONSES | describe_problems(Reason.INVALID_CLIENT_ORDER_ID, *_CANCEL_PROBLEMS),
)  # fmt: skip
@routes.add(
    "DELETE", "/v1/orders/{order_id}", needs=Scope.TRADE,
    summary="Cancel an order", tags=["orders"], request=describe_change(path=ORDER_ID),
    responses=_RESPONSES | describe_problems(Reason.INVALID_ORDER_ID, *_CANCEL_PROBLEMS),
)  # fmt: skip
async def cancel_order(services: Services, request: RequestContext) -> Response:
    """Cancel an order of the account; the answer waits for the engine by default."""
    preference = read_preference(request, ResponseMode.RESULT)
    name = await _read_name(services, request)
    outcome = await services.gateway.cancel_order(request, name, preference)
    return answer_change(outcome, preference.mode).to_response()


@routes.add(
    "PATCH", "/v1/orders/by-client-id/{client_order_id}", needs=Scope.TRADE, body=Body.SINGLE,
    summary="Amend an order by its client order id", tags=["orders"],
    request=describe_change(AmendRequest, path=CLIENT_ORDER_ID),
    responses=_RESPONSES | describe_problems(Reason.INVALID_CLIENT_ORDER_ID, *_AMEND_PROBLEMS),
)  # fmt: skip
@routes.add(
    "PATCH", "/v1/orders/{order_id}", needs=Scope.TRADE, body=Body.SINGLE,
    summary="Amend an order", tags=["orders"],
    request=describe_change(AmendRequest, path=ORDER_ID),
    responses=_RESPONSES | describe_problems(Reason.INVALID_ORDER_ID, *_AMEND_PROBLEMS),
)  # fmt: skip
async def amend_order(services: Services, request: RequestContext) -> Response:
    """Change an order of the account; the answer waits for the engine by default.

    A smaller quantity keeps the order's priority; a larger one or a new price loses it, and may
    trade. A total at or below what is filled cancels the rest.
    """
    preference = read_preference(request, ResponseMode.RESULT)
    name = await _read_name(services, request)
    check_media_type(request)
    amendment = read_amendment(request.body)
    outcome = await services.gateway.amend_order(request, name, amendment, preference)
    return answer_change(outcome, preference.mode).to_response()


async def _read_name(services: Services, request: RequestContext) -> OrderName:
    """Return the order that the path names; raise Refusal if it can name none."""
    order_id = request.path_params.get("order_id")
    if order_id is not None:
        return OrderName(parse_order_id(order_id))
    client_order_id = check_client_order_id(request.path_params["client_order_id"])
    return await services.gateway.find_name(request, client_order_id)
