"""The HTTP routes: read a request, give it to the gateway, answer."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from order_gateway.answers import REPLAYED_HEADER, answer_change, answer_order
from order_gateway.direct_route import DirectRoute
from order_gateway.gateway import Gateway
from order_gateway.health import HealthCheck
from order_gateway.openapi import describe_problems, describe_request
from order_gateway.schemas import (
    AmendRequest,
    ChangeAccepted,
    Health,
    InstrumentItem,
    InstrumentList,
    OrderAccepted,
    OrderFullResult,
    OrderRequest,
    OrderResult,
    OutcomeUnknown,
    ResponseMode,
)
from order_gateway.validation import (
    read_account,
    read_amendment,
    read_body,
    read_order,
    read_response_mode,
)
from protocol.commands import parse_order_id
from protocol.enums import Reason
from protocol.instrument import Instrument

_BODY_PROBLEMS = (Reason.BODY_TOO_LARGE, Reason.UNSUPPORTED_MEDIA_TYPE, Reason.OFF_TICK)
_QUEUE_PROBLEMS = (Reason.QUEUE_UNAVAILABLE, Reason.OVERLOADED)
_CHANGE_PROBLEMS = (Reason.UNKNOWN_ORDER, Reason.ORDER_CLOSED, Reason.INVALID_ORDER_ID)

_Responses = dict[int | str, dict[str, Any]]
_RESULT: dict[str, Any] = {"model": OrderResult | OrderFullResult}
_UNKNOWN: dict[str, Any] = {
    "model": OutcomeUnknown,
    "description": "The queue's confirmation was lost",
}
_ORDER_RESPONSES: _Responses = {
    200: _RESULT
    | {
        "description": "A repeat: the state of the first order of this client_order_id",
        "headers": {REPLAYED_HEADER: {"schema": {"type": "string", "const": "true"}}},
    },
    201: {
        "model": OrderAccepted | OrderResult | OrderFullResult,
        "description": "In the queue, or (`response=result`, `full`) handled by the engine",
    },
    202: _UNKNOWN,
}
_CHANGE_RESPONSES: _Responses = {
    200: _RESULT | {"description": "Done: the order as it is now"},
    202: {
        "model": ChangeAccepted | OutcomeUnknown,
        "description": "In the queue, or the queue's confirmation was lost",
    },
}


def add_routes(router: APIRouter, gateway: Gateway, health: HealthCheck) -> None:
    """Adds every route of the gateway."""
    _add_order_route(router, gateway)
    _add_cancel_route(router, gateway)
    _add_amend_route(router, gateway)
    _add_instruments_route(router, gateway)
    _add_health_route(router, health)


def _add_order_route(router: APIRouter, gateway: Gateway) -> None:
    async def submit_order(request: Request) -> Response:
        """Put an order into the queue. 201 once the queue has confirmed it.

        With `response=result` or `full` the answer waits for the engine (a `rejected` order is
        still 201: it exists and has a history) and falls back to `accepted` after two seconds.
        A repeat with the same `client_order_id` never makes a second order.
        """
        account = read_account(request)
        mode = read_response_mode(request, ResponseMode.ACK)
        order = read_order(await read_body(request), gateway.instruments)
        return answer_order(await gateway.submit_order(account, order, mode), mode)

    router.add_api_route(
        "/v1/orders",
        submit_order,
        methods=["POST"],
        status_code=201,
        summary="Submit an order",
        tags=["orders"],
        route_class_override=DirectRoute,
        openapi_extra=describe_request(ResponseMode.ACK, OrderRequest),
        responses=_ORDER_RESPONSES | describe_problems(*_BODY_PROBLEMS, *_QUEUE_PROBLEMS),
    )


def _add_cancel_route(router: APIRouter, gateway: Gateway) -> None:
    async def cancel_order(request: Request) -> Response:
        """Cancel an order of the account; the answer waits for the engine by default."""
        account = read_account(request)
        mode = read_response_mode(request, ResponseMode.RESULT)
        order_id = parse_order_id(request.path_params["order_id"])
        return answer_change(await gateway.cancel_order(account, order_id, mode), mode)

    router.add_api_route(
        "/v1/orders/{order_id}",
        cancel_order,
        methods=["DELETE"],
        summary="Cancel an order",
        tags=["orders"],
        route_class_override=DirectRoute,
        openapi_extra=_describe_change(),
        responses=_CHANGE_RESPONSES | describe_problems(*_CHANGE_PROBLEMS, *_QUEUE_PROBLEMS),
    )


def _add_amend_route(router: APIRouter, gateway: Gateway) -> None:
    async def amend_order(request: Request) -> Response:
        """Change an order of the account; the answer waits for the engine by default.

        A smaller quantity keeps the order's priority; a larger one or a new price loses it, and
        may trade. A total at or below what is filled cancels the rest.
        """
        account = read_account(request)
        mode = read_response_mode(request, ResponseMode.RESULT)
        order_id = parse_order_id(request.path_params["order_id"])
        amendment = read_amendment(await read_body(request))
        return answer_change(await gateway.amend_order(account, order_id, amendment, mode), mode)

    router.add_api_route(
        "/v1/orders/{order_id}",
        amend_order,
        methods=["PATCH"],
        summary="Amend an order",
        tags=["orders"],
        route_class_override=DirectRoute,
        openapi_extra=_describe_change(AmendRequest),
        responses=_CHANGE_RESPONSES
        | describe_problems(*_CHANGE_PROBLEMS, *_BODY_PROBLEMS, *_QUEUE_PROBLEMS),
    )


def _add_instruments_route(router: APIRouter, gateway: Gateway) -> None:
    instruments = InstrumentList(
        instruments=[_describe_instrument(item) for item in gateway.instruments.values()]
    )
    body = instruments.model_dump_json()

    async def list_instruments(_request: Request) -> Response:
        """What is traded, with tick and lot."""
        return Response(body, media_type="application/json")

    router.add_api_route(
        "/v1/instruments",
        list_instruments,
        summary="List the instruments",
        tags=["instruments"],
        route_class_override=DirectRoute,
        response_model=InstrumentList,
    )


def _add_health_route(router: APIRouter, health: HealthCheck) -> None:
    async def read_health(_request: Request) -> Response:
        """State of the gateway, its queue and the engine. 503 where no order can be accepted."""
        state = await health.read()
        status = 503 if state.status == "unavailable" else 200
        return Response(state.model_dump_json(), status, media_type="application/json")

    router.add_api_route(
        "/health",
        read_health,
        summary="Health",
        tags=["operation"],
        route_class_override=DirectRoute,
        response_model=Health,
        responses={503: {"model": Health, "description": "The queue cannot be reached"}},
    )


def _describe_change(body: type[AmendRequest] | None = None) -> dict[str, Any]:
    description = describe_request(ResponseMode.RESULT, body)
    order_id = {"name": "order_id", "in": "path", "required": True, "schema": {"type": "string"}}
    description["parameters"].insert(0, order_id)
    return description


def _describe_instrument(instrument: Instrument) -> InstrumentItem:
    specification = instrument.specification
    return InstrumentItem(
        symbol=instrument.symbol,
        base_asset=specification.base_asset,
        quote_asset=specification.quote_asset,
        tick_size=specification.tick_size,
        lot_size=specification.lot_size,
        min_quantity=instrument.lots_to_quantity(instrument.min_quantity),
        max_quantity=instrument.lots_to_quantity(instrument.max_quantity),
        min_notional=specification.min_notional,
        max_notional=specification.max_notional,
    )
