"""Routes that change one order, named in the path by its id, its number or its client order id."""

from starlette.responses import Response

from edge.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.common_answers import (
    BODY_PROBLEMS,
    CHANGE_PROBLEMS,
    CLIENT_ORDER_ID,
    NUMBER,
    ORDER_ID,
    PENDING,
    RESULT,
    VALUE_PROBLEMS,
)
from order_gateway.document.route_descriptions import describe_change, describe_query
from order_gateway.queueing.entries import OrderName, make_cancel
from order_gateway.reading.request_schemas import AmendRequest, ResponseMode
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import check_media_type, read_amendment
from order_gateway.routes.answers import answer_change
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.services import Body, Services
from protocol.commands import (
    IDENTIFIER_PATTERN,
    check_client_order_id,
    parse_number,
    parse_order_id,
)
from protocol.enums import CancelRestriction, Reason
from protocol.problem_responses import Responses, describe_problems
from protocol.refusal import Refusal

routes = RouteTable()

_CHANGE_PROBLEMS = (Reason.UNKNOWN_ORDER, Reason.ORDER_CLOSED, *CHANGE_PROBLEMS)
_CANCEL_PROBLEMS = (
    Reason.CANCEL_RESTRICTED,
    Reason.INVALID_CLIENT_ORDER_ID,
    *_CHANGE_PROBLEMS,
)
_AMEND_PROBLEMS = (
    *_CHANGE_PROBLEMS,
    Reason.NOTHING_TO_AMEND,
    Reason.QUANTITY_NOT_LOWER,
    Reason.QUANTITY_REQUIRED,
    Reason.CLIENT_ORDER_ID_OPEN,
    Reason.INVALID_CLIENT_ORDER_ID,
    Reason.WOULD_TRADE,
    Reason.WOULD_TRIGGER,
    Reason.INVALID_DISPLAY_QUANTITY,
    Reason.PRICE_OUT_OF_BAND,
    Reason.INSTRUMENT_HALTED,
    Reason.INSTRUMENT_CLOSED,
    Reason.TOO_MANY_OPEN_ORDERS,
    Reason.INSUFFICIENT_BALANCE,
    *BODY_PROBLEMS,
    *VALUE_PROBLEMS,
)
_RESTRICTION = describe_query(
    "restriction", "Cancel it only in this state: nothing, or something, of it has traded",
    type="string", enum=list(CancelRestriction),
)  # fmt: skip
_CANCEL_ID = describe_query(
    "cancel_id", "Your own id of the cancel, which its report repeats", type="string",
    pattern=IDENTIFIER_PATTERN,
)  # fmt: skip
_RESPONSES: Responses = {
    200: RESULT | {"description": "Done: the order as it is now"},
    202: PENDING,
}


@routes.add(
    "DELETE", "/v1/orders/by-client-id/{client_order_id}", needs=Scope.TRADE,
    summary="Cancel an order by its client order id", tags=["orders"],
    request=describe_change(None, CLIENT_ORDER_ID, _RESTRICTION, _CANCEL_ID),
    responses=_RESPONSES | describe_problems(*_CANCEL_PROBLEMS),
)  # fmt: skip
@routes.add(
    "DELETE", "/v1/orders/by-number/{number}", needs=Scope.TRADE,
    summary="Cancel an order by its number", tags=["orders"],
    request=describe_change(None, NUMBER, _RESTRICTION, _CANCEL_ID),
    responses=_RESPONSES | describe_problems(Reason.INVALID_ORDER_ID, *_CANCEL_PROBLEMS),
)  # fmt: skip
@routes.add(
    "DELETE", "/v1/orders/{order_id}", needs=Scope.TRADE,
    summary="Cancel an order", tags=["orders"],
    request=describe_change(None, ORDER_ID, _RESTRICTION, _CANCEL_ID),
    responses=_RESPONSES | describe_problems(Reason.INVALID_ORDER_ID, *_CANCEL_PROBLEMS),
)  # fmt: skip
async def cancel_order(services: Services, request: RequestContext) -> Response:
    """Cancel an order of the account; the answer waits for the engine by default."""
    preference = read_preference(request, ResponseMode.RESULT, "restriction", "cancel_id")
    query = request.read_query("response", "restriction", "cancel_id")
    cancel_id = query.get("cancel_id")
    if cancel_id is not None:
        check_client_order_id(cancel_id, "cancel_id")
    name = await _read_name(services, request)
    cancel = make_cancel(name, _read_restriction(query), cancel_id)
    outcome = await services.gateway.cancel_order(request, cancel, preference)
    return answer_change(outcome, preference.mode).to_response()


@routes.add(
    "PATCH", "/v1/orders/by-client-id/{client_order_id}", needs=Scope.TRADE, body=Body.SINGLE,
    summary="Amend an order by its client order id", tags=["orders"],
    request=describe_change(AmendRequest, CLIENT_ORDER_ID),
    responses=_RESPONSES | describe_problems(*_AMEND_PROBLEMS),
)  # fmt: skip
@routes.add(
    "PATCH", "/v1/orders/by-number/{number}", needs=Scope.TRADE, body=Body.SINGLE,
    summary="Amend an order by its number", tags=["orders"],
    request=describe_change(AmendRequest, NUMBER),
    responses=_RESPONSES | describe_problems(Reason.INVALID_ORDER_ID, *_AMEND_PROBLEMS),
)  # fmt: skip
@routes.add(
    "PATCH", "/v1/orders/{order_id}", needs=Scope.TRADE, body=Body.SINGLE,
    summary="Amend an order", tags=["orders"],
    request=describe_change(AmendRequest, ORDER_ID),
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


def _read_restriction(query: dict[str, str]) -> CancelRestriction | None:
    text = query.get("restriction")
    if text is None:
        return None
    if text in set(CancelRestriction):
        return CancelRestriction(text)
    words = ", ".join(CancelRestriction)
    raise Refusal(Reason.INVALID_REQUEST, "restriction", f"restriction must be one of {words}")


async def _read_name(services: Services, request: RequestContext) -> OrderName:
    """Return the order that the path names; raise Refusal if it can name none."""
    number = request.path_params.get("number")
    if number is not None:
        return OrderName(None, number=parse_number(number))
    order_id = request.path_params.get("order_id")
    if order_id is not None:
        return OrderName(parse_order_id(order_id))
    client_order_id = check_client_order_id(request.path_params["client_order_id"])
    return await services.gateway.find_name(request, client_order_id)
