"""Routes that ask the archive about orders, fills, and matches that were prevented."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from archive.prevented_query import PreventedOf
from archive.queries import FillFilter, OrderFilter
from edge.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.common_answers import CLIENT_ORDER_ID, NUMBER, ORDER_ID
from order_gateway.document.history_schemas import (
    FillList,
    OrderItem,
    OrderList,
    PreventedMatchList,
)
from order_gateway.document.route_descriptions import describe_query, describe_question
from order_gateway.reading.moments import read_span
from order_gateway.reading.validation import find_instrument
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.list_queries import AFTER, LIMIT, SPAN, read_limit
from order_gateway.routes.services import Services
from protocol.codec import encode
from protocol.commands import check_client_order_id, parse_number, parse_order_id
from protocol.enums import Reason, Status
from protocol.instrument import Instrument, list_shards
from protocol.problem_responses import describe_problems
from protocol.refusal import Refusal
from protocol.shards import MAX_SHARDS

routes = RouteTable()

_STATUSES = tuple(status for status in Status if status not in {Status.ACCEPTED, Status.UNKNOWN})
_SYMBOL = describe_query("symbol", "Only this instrument's", type="string")
_ONE_SYMBOL = {**describe_query("symbol", "The instrument's", type="string"), "required": True}
_STATUS = describe_query(
    "status", "Only orders in this status; `open` includes partially filled ones", type="string",
    enum=list(_STATUSES),
)  # fmt: skip
_ORDER_ID = describe_query("order_id", "Only this order's", type="string", pattern=r"^\d{1,16}$")
_SHARD = describe_query(
    "shard", "Only this shard's; `sequence` is then the shard's own", type="integer", minimum=1,
    maximum=MAX_SHARDS,
)  # fmt: skip
_LIST_PROBLEMS = (
    Reason.UNKNOWN_SYMBOL,
    Reason.INVALID_CURSOR,
    Reason.INVALID_REQUEST,
    Reason.ARCHIVE_UNAVAILABLE,
)
_FIND_PROBLEMS = (Reason.UNKNOWN_ORDER, Reason.ARCHIVE_UNAVAILABLE)


@routes.add(
    "GET", "/v1/orders/{order_id}", needs=Scope.READ, summary="An order", tags=["history"],
    request=describe_question(ORDER_ID), response_model=OrderItem,
    responses=describe_problems(Reason.INVALID_ORDER_ID, *_FIND_PROBLEMS),
)  # fmt: skip
async def read_order(services: Services, request: RequestContext) -> Response:
    """State of an order; if the archive does not have it yet, the answer waits half a second."""
    request.read_query()
    order_id = parse_order_id(request.path_params["order_id"])
    return _answer(await services.history.find_order(request.account, order_id))


@routes.add(
    "GET", "/v1/orders/by-client-id/{client_order_id}", needs=Scope.READ,
    summary="An order by its client order id", tags=["history"],
    request=describe_question(CLIENT_ORDER_ID), response_model=OrderItem,
    responses=describe_problems(Reason.INVALID_CLIENT_ORDER_ID, *_FIND_PROBLEMS),
)  # fmt: skip
async def read_order_by_client_id(services: Services, request: RequestContext) -> Response:
    """State of the order to which the account has given this client order id."""
    request.read_query()
    name = check_client_order_id(request.path_params["client_order_id"])
    return _answer(await services.history.find_order_by_client_id(request.account, name))


@routes.add(
    "GET", "/v1/orders/by-number/{number}", needs=Scope.READ,
    summary="An order by its number", tags=["history"],
    request=describe_question(NUMBER), response_model=OrderItem,
    responses=describe_problems(Reason.INVALID_ORDER_ID, *_FIND_PROBLEMS),
)  # fmt: skip
async def read_order_by_number(services: Services, request: RequestContext) -> Response:
    """State of the account's order that has this number in the exchange's count."""
    request.read_query()
    number = parse_number(request.path_params["number"])
    return _answer(await services.history.find_order_by_number(request.account, number))


@routes.add(
    "GET", "/v1/orders", needs=Scope.READ, summary="Orders", tags=["history"],
    request=describe_question(_SYMBOL, _STATUS, *SPAN, LIMIT, AFTER),
    response_model=OrderList, responses=describe_problems(*_LIST_PROBLEMS),
)  # fmt: skip
async def list_orders(services: Services, request: RequestContext) -> Response:
    """The account's orders, newest first."""
    query = request.read_query("symbol", "status", "start", "end", "limit", "after")
    status = _read_status(query)
    is_open = status is Status.OPEN
    symbol = _read_symbol(query, services.instruments)
    span = read_span(query)
    which = OrderFilter(request.account, symbol, None if is_open else status, is_open, *span)
    limit, after = read_limit(query), query.get("after")
    page, sequence = await services.history.list_orders(which, limit, after)
    return _answer({"orders": page.items, "after": page.after, "sequence": sequence})


@routes.add(
    "GET", "/v1/fills", needs=Scope.READ, summary="Fills", tags=["history"],
    request=describe_question(_SYMBOL, _ORDER_ID, _SHARD, *SPAN, LIMIT, AFTER),
    response_model=FillList,
    responses=describe_problems(Reason.INVALID_ORDER_ID, Reason.UNKNOWN_SHARD, *_LIST_PROBLEMS),
)  # fmt: skip
async def list_fills(services: Services, request: RequestContext) -> Response:
    """The account's shares of trades, newest first."""
    query = request.read_query("symbol", "order_id", "shard", "start", "end", "limit", "after")
    order_id = query.get("order_id")
    which = FillFilter(
        request.account,
        _read_symbol(query, services.instruments),
        None if order_id is None else parse_order_id(order_id),
        *read_span(query),
        _read_shard(query, services.instruments),
    )
    limit, after = read_limit(query), query.get("after")
    page, sequence = await services.history.list_fills(which, limit, after)
    return _answer({"fills": page.items, "after": page.after, "sequence": sequence})


@routes.add(
    "GET", "/v1/prevented-matches", needs=Scope.READ, summary="Prevented matches",
    tags=["history"], request=describe_question(_ONE_SYMBOL, _ORDER_ID, LIMIT, AFTER),
    response_model=PreventedMatchList,
    responses=describe_problems(Reason.INVALID_ORDER_ID, *_LIST_PROBLEMS),
)  # fmt: skip
async def list_prevented_matches(services: Services, request: RequestContext) -> Response:
    """Matches of the account's orders with each other that were prevented, newest first."""
    query = request.read_query("symbol", "order_id", "limit", "after")
    symbol = _read_symbol(query, services.instruments)
    if symbol is None:
        raise Refusal(
            Reason.INVALID_REQUEST, "symbol",
            "symbol must name an instrument: prevented matches are counted for each symbol",
        )  # fmt: skip
    order_id = query.get("order_id")
    which = PreventedOf(
        request.account, symbol, order_id=None if order_id is None else parse_order_id(order_id)
    )
    limit, after = read_limit(query), query.get("after")
    page, sequence = await services.history.list_prevented_matches(which, limit, after)
    return _answer({"prevented_matches": page.items, "after": page.after, "sequence": sequence})


def _answer(body: Any) -> Response:
    return Response(encode(body), media_type="application/json")


def _read_symbol(query: dict[str, str], instruments: Mapping[str, Instrument]) -> str | None:
    symbol = query.get("symbol")
    return None if symbol is None else find_instrument(symbol, instruments).symbol


def _read_shard(query: dict[str, str], instruments: Mapping[str, Instrument]) -> int | None:
    text = query.get("shard")
    if text is None:
        return None
    shards = list_shards(instruments.values())
    if text not in map(str, shards):
        known = ", ".join(map(str, shards))
        raise Refusal(Reason.UNKNOWN_SHARD, "shard", f"shard must be one of {known}")
    return int(text)


def _read_status(query: dict[str, str]) -> Status | None:
    text = query.get("status")
    if text is None:
        return None
    if text in _STATUSES:
        return Status(text)
    raise Refusal(Reason.INVALID_REQUEST, "status", f"status must be one of {', '.join(_STATUSES)}")
