"""Routes of order lists: orders that hang on one another."""

from starlette.responses import Response

from edge.api_keys import Scope
from order_gateway.admission.admission import charge
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.answer_schemas import OrderListResult
from order_gateway.document.common_answers import (
    BODY_PROBLEMS,
    CHANGE_PROBLEMS,
    CLIENT_LIST_ID,
    LIST_ID,
    ORDER_PROBLEMS,
    PENDING,
    REPLAYED,
)
from order_gateway.document.history_schemas import OrderListState
from order_gateway.document.route_descriptions import (
    describe_change,
    describe_query,
    describe_question,
)
from order_gateway.queueing.entries import make_list, make_list_cancel
from order_gateway.reading.request_schemas import OrderListRequest, ResponseMode
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import check_media_type, parse_body, read_order_list
from order_gateway.routes.answers import answer_known_list, answer_list
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.services import Body, Services
from protocol.commands import IDENTIFIER_PATTERN, check_client_order_id, parse_number
from protocol.enums import Reason
from protocol.order_lists import check_client_list_id
from protocol.problem_responses import Responses, describe_problems

routes = RouteTable()

_RESPONSES: Responses = {
    200: REPLAYED | {"model": OrderListResult, "description": "Done"},
    202: PENDING,
}
_CANCEL_ID = describe_query(
    "cancel_id", "Your own id of the cancel, which a report repeats", type="string",
    pattern=IDENTIFIER_PATTERN,
)  # fmt: skip
_CANCEL_PROBLEMS = (Reason.UNKNOWN_LIST, Reason.INVALID_CLIENT_ORDER_ID, *CHANGE_PROBLEMS)
_FIND_PROBLEMS = (Reason.UNKNOWN_LIST, Reason.ARCHIVE_UNAVAILABLE)


@routes.add(
    "POST", "/v1/order-lists", needs=Scope.TRADE, body=Body.SINGLE,
    summary="Submit orders that hang on one another", tags=["order lists"],
    request=describe_change(OrderListRequest),
    responses=_RESPONSES
    | describe_problems(
        *BODY_PROBLEMS, *ORDER_PROBLEMS, *CHANGE_PROBLEMS, Reason.INVALID_LIST,
        Reason.INVALID_CLIENT_LIST_ID, Reason.PRICE_RELATION, Reason.WOULD_TRADE,
        Reason.INSUFFICIENT_BALANCE, Reason.CLIENT_LIST_ID_OPEN, Reason.CLIENT_ORDER_ID_OPEN,
        Reason.TOO_LATE, Reason.INSTRUMENT_HALTED, Reason.INSTRUMENT_CLOSED,
        Reason.PRICE_OUT_OF_BAND, Reason.TOO_MANY_OPEN_ORDERS,
    ),
)  # fmt: skip
async def submit_list(services: Services, request: RequestContext) -> Response:
    """Enter two or three orders, as a whole or not at all, as one command.

    Of two legs of an OCO one ends the other. Pending orders come in when the first order of the
    list is filled. Each order counts as one request.
    """
    preference = read_preference(request, ResponseMode.RESULT)
    check_media_type(request)
    asked = parse_body(OrderListRequest, request.body)
    orders = read_order_list(asked, services.instruments)
    charge(request, len(orders) - 1)
    entry = make_list(request, asked, orders)
    outcome = await services.gateway.enter_list(request, entry, preference)
    return answer_list(outcome, preference.mode).to_response()


@routes.add(
    "DELETE", "/v1/order-lists/by-client-id/{client_list_id}", needs=Scope.TRADE,
    summary="Cancel an order list by its own name", tags=["order lists"],
    request=describe_change(None, CLIENT_LIST_ID, _CANCEL_ID),
    responses=_RESPONSES
    | describe_problems(Reason.INVALID_CLIENT_LIST_ID, *_CANCEL_PROBLEMS),
)  # fmt: skip
@routes.add(
    "DELETE", "/v1/order-lists/{list_id}", needs=Scope.TRADE,
    summary="Cancel an order list", tags=["order lists"],
    request=describe_change(None, LIST_ID, _CANCEL_ID),
    responses=_RESPONSES | describe_problems(Reason.INVALID_ORDER_ID, *_CANCEL_PROBLEMS),
)  # fmt: skip
async def cancel_list(services: Services, request: RequestContext) -> Response:
    """Cancel all orders of a list that are open."""
    preference = read_preference(request, ResponseMode.RESULT, "cancel_id")
    cancel_id = request.read_query("response", "cancel_id").get("cancel_id")
    if cancel_id is not None:
        check_client_order_id(cancel_id, "cancel_id")
    entry = make_list_cancel(*_read_name(request), cancel_id)
    outcome = await services.gateway.cancel_list(request, entry, preference)
    return answer_list(outcome, preference.mode).to_response()


@routes.add(
    "GET", "/v1/order-lists/by-client-id/{client_list_id}", needs=Scope.READ,
    summary="An order list by its own name", tags=["order lists"],
    request=describe_question(CLIENT_LIST_ID), response_model=OrderListState,
    responses=describe_problems(Reason.INVALID_CLIENT_LIST_ID, *_FIND_PROBLEMS),
)  # fmt: skip
@routes.add(
    "GET", "/v1/order-lists/{list_id}", needs=Scope.READ,
    summary="An order list", tags=["order lists"],
    request=describe_question(LIST_ID), response_model=OrderListState,
    responses=describe_problems(Reason.INVALID_ORDER_ID, *_FIND_PROBLEMS),
)  # fmt: skip
async def read_list(services: Services, request: RequestContext) -> Response:
    """All orders of the account's list, open or not; of a name the latest list that had it."""
    request.read_query()
    list_id, name = _read_name(request)
    orders = await services.history.find_list(request.account, list_id, name)
    return answer_known_list(orders)


def _read_name(request: RequestContext) -> tuple[int | None, str | None]:
    """Return the list that the path names, by its id or its name; raise Refusal if by neither."""
    list_id = request.path_params.get("list_id")
    if list_id is not None:
        return parse_number(list_id, "list_id"), None
    return None, check_client_list_id(request.path_params["client_list_id"])
