"""Routes that change one order, which its id or its sender's own name for it tells."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

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
from order_gateway.document.openapi import Responses, describe_change, describe_problems
from order_gateway.queueing.gateway import Gateway, OrderName
from order_gateway.reading.request_schemas import AmendRequest, ResponseMode
from order_gateway.reading.response_preference import read_preference
from order_gateway.reading.validation import check_media_type, read_amendment
from order_gateway.routes.answers import answer_change
from order_gateway.routes.direct_route import DirectRoutes
from protocol.commands import check_client_order_id, parse_order_id
from protocol.enums import Reason

_PROBLEMS = (Reason.UNKNOWN_ORDER, Reason.ORDER_CLOSED, *CHANGE_PROBLEMS)
_AMEND_PROBLEMS = (
    Reason.NOTHING_TO_AMEND,
    Reason.WOULD_TRADE,
    Reason.PRICE_OUT_OF_BAND,
    Reason.INSTRUMENT_HALTED,
    Reason.TOO_MANY_OPEN_ORDERS,
    *BODY_PROBLEMS,
    *VALUE_PROBLEMS,
)
_RESPONSES: Responses = {
    200: RESULT | {"description": "Done: the order as it is now"},
    202: PENDING,
}


class _Address(NamedTuple):
    """A path that leads to one order."""

    path: str
    parameter: dict[str, Any]
    words: str
    problem: Reason
    """Of a path that can lead to none."""
    read: Callable[[RequestContext], Awaitable[OrderName]]


def add_change_routes(routes: DirectRoutes, gateway: Gateway) -> None:
    """Adds them."""

    async def read_id(request: RequestContext) -> OrderName:
        return OrderName(parse_order_id(request.path_params["order_id"]))

    async def read_client_id(request: RequestContext) -> OrderName:
        name = check_client_order_id(request.path_params["client_order_id"])
        return await gateway.find_name(request, name)

    for address in (
        _Address("/v1/orders/{order_id}", ORDER_ID, "", Reason.INVALID_ORDER_ID, read_id),
        _Address(
            "/v1/orders/by-client-id/{client_order_id}",
            CLIENT_ORDER_ID,
            " by its client order id",
            Reason.INVALID_CLIENT_ORDER_ID,
            read_client_id,
        ),
    ):
        _add_cancel(routes, gateway, address)
        _add_amend(routes, gateway, address)


def _add_cancel(routes: DirectRoutes, gateway: Gateway, address: _Address) -> None:
    async def cancel_order(request: RequestContext) -> Response:
        """Cancel an order of the account; the answer waits for the engine by default."""
        preference = read_preference(request, ResponseMode.RESULT)
        name = await address.read(request)
        outcome = await gateway.cancel_order(request, name, preference)
        return answer_change(outcome, preference.mode).to_response()

    routes.add(
        "DELETE", address.path, cancel_order, needs=Scope.TRADE,
        summary=f"Cancel an order{address.words}", tags=["orders"], request=_describe(address),
        responses=_RESPONSES | describe_problems(address.problem, *_PROBLEMS),
    )  # fmt: skip


def _add_amend(routes: DirectRoutes, gateway: Gateway, address: _Address) -> None:
    async def amend_order(request: RequestContext) -> Response:
        """Change an order of the account; the answer waits for the engine by default.

        A smaller quantity keeps the order's priority; a larger one or a new price loses it, and
        may trade. A total at or below what is filled cancels the rest.
        """
        preference = read_preference(request, ResponseMode.RESULT)
        name = await address.read(request)
        check_media_type(request)
        amendment = read_amendment(request.body)
        outcome = await gateway.amend_order(request, name, amendment, preference)
        return answer_change(outcome, preference.mode).to_response()

    routes.add(
        "PATCH", address.path, amend_order, needs=Scope.TRADE, max_body=routes.max_body,
        summary=f"Amend an order{address.words}", tags=["orders"],
        request=_describe(address, AmendRequest),
        responses=_RESPONSES | describe_problems(address.problem, *_PROBLEMS, *_AMEND_PROBLEMS),
    )  # fmt: skip


def _describe(address: _Address, body: type[AmendRequest] | None = None) -> dict[str, Any]:
    description = describe_change(body)
    description["parameters"].insert(0, address.parameter)
    return description
