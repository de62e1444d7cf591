"""Routes that ask what has become of orders."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from archive.queries import FillFilter, OrderFilter
from order_gateway.account.history import History
from order_gateway.admission.api_keys import Scope
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.common_answers import CLIENT_ORDER_ID, ORDER_ID
from order_gateway.document.history_schemas import FillList, OrderItem, OrderList
from order_gateway.document.openapi import (
    describe_problems,
    describe_query,
    describe_question,
)
from order_gateway.reading.moments import read_span
from order_gateway.reading.validation import find_instrument
from order_gateway.routes.direct_route import DirectRoutes
from protocol.codec import encode
from protocol.commands import check_client_order_id, parse_order_id
from protocol.enums import Reason, Status
from protocol.instrument import Instrument
from protocol.refusal import Refusal

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100

_STATUSES = tuple(status for status in Status if status not in {Status.ACCEPTED, Status.UNKNOWN})
_SYMBOL = describe_query("symbol", "Only this instrument's", type="string")
_LIMIT = describe_query(
    "limit", "Most items of the page", type="integer", minimum=1, maximum=MAX_LIMIT,
    default=DEFAULT_LIMIT,
)  # fmt: skip
_AFTER = describe_query("after", "The `after` of the page before", type="string")
_STATUS = describe_query(
    "status", "Only these; `open` includes partially filled ones", type="string",
    enum=list(_STATUSES),
)  # fmt: skip
_THEN = "a timestamp such as `2026-01-31T12:00:00.000001Z`, or whole seconds since 1970"
_SPAN = (
    describe_query("start", f"Only what came in then or later; {_THEN}", type="string"),
    describe_query("end", f"Only what came in before then; {_THEN}", type="string"),
)
_ORDER_ID = describe_query("order_id", "Only this order's", type="string", pattern=r"^\d{1,16}$")
_LIST_PROBLEMS = (
    Reason.UNKNOWN_SYMBOL,
    Reason.INVALID_CURSOR,
    Reason.INVALID_REQUEST,
    Reason.ARCHIVE_UNAVAILABLE,
)
_FIND_PROBLEMS = (Reason.UNKNOWN_ORDER, Reason.ARCHIVE_UNAVAILABLE)


def add_history_routes(
    routes: DirectRoutes, history: History, instruments: Mapping[str, Instrument]
) -> None:
    """Adds them."""
    _add_order(routes, history)
    _add_order_by_client_id(routes, history)
    _add_orders(routes, history, instruments)
    _add_fills(routes, history, instruments)


def _add_order(routes: DirectRoutes, history: History) -> None:
    async def read_order(request: RequestContext) -> Response:
        """State of an order; one that is not in the archive yet is waited for half a second."""
        request.read_query()
        order_id = parse_order_id(request.path_params["order_id"])
        return _answer(await history.find_order(request.account, order_id))

    routes.add(
        "GET", "/v1/orders/{order_id}", read_order, needs=Scope.READ,
        summary="An order", tags=["history"], request=describe_question(ORDER_ID),
        response_model=OrderItem,
        responses=describe_problems(Reason.INVALID_ORDER_ID, *_FIND_PROBLEMS),
    )  # fmt: skip


def _add_order_by_client_id(routes: DirectRoutes, history: History) -> None:
    async def read_order_by_client_id(request: RequestContext) -> Response:
        """State of the order that the account has given this client order id."""
        request.read_query()
        name = check_client_order_id(request.path_params["client_order_id"])
        return _answer(await history.find_order_by_client_id(request.account, name))

    routes.add(
        "GET", "/v1/orders/by-client-id/{client_order_id}", read_order_by_client_id,
        needs=Scope.READ, summary="An order by its client order id", tags=["history"],
        request=describe_question(CLIENT_ORDER_ID), response_model=OrderItem,
        responses=describe_problems(Reason.INVALID_CLIENT_ORDER_ID, *_FIND_PROBLEMS),
    )  # fmt: skip


def _add_orders(
    routes: DirectRoutes, history: History, instruments: Mapping[str, Instrument]
) -> None:
    async def list_orders(request: RequestContext) -> Response:
        """The account's orders, newest first."""
        query = request.read_query("symbol", "status", "start", "end", "limit", "after")
        status = _read_status(query)
        is_open = status is Status.OPEN
        symbol = _read_symbol(query, instruments)
        span = read_span(query)
        which = OrderFilter(request.account, symbol, None if is_open else status, is_open, *span)
        page, sequence = await history.list_orders(which, _read_limit(query), query.get("after"))
        return _answer({"orders": page.items, "after": page.after, "sequence": sequence})

    routes.add(
        "GET", "/v1/orders", list_orders, needs=Scope.READ,
        summary="Orders", tags=["history"],
        request=describe_question(_SYMBOL, _STATUS, *_SPAN, _LIMIT, _AFTER),
        response_model=OrderList,
        responses=describe_problems(*_LIST_PROBLEMS),
    )  # fmt: skip


def _add_fills(
    routes: DirectRoutes, history: History, instruments: Mapping[str, Instrument]
) -> None:
    async def list_fills(request: RequestContext) -> Response:
        """The account's shares of trades, newest first."""
        query = request.read_query("symbol", "order_id", "start", "end", "limit", "after")
        order_id = query.get("order_id")
        which = FillFilter(
            request.account,
            _read_symbol(query, instruments),
            None if order_id is None else parse_order_id(order_id),
            *read_span(query),
        )
        page, sequence = await history.list_fills(which, _read_limit(query), query.get("after"))
        return _answer({"fills": page.items, "after": page.after, "sequence": sequence})

    routes.add(
        "GET", "/v1/fills", list_fills, needs=Scope.READ,
        summary="Fills", tags=["history"],
        request=describe_question(_SYMBOL, _ORDER_ID, *_SPAN, _LIMIT, _AFTER),
        response_model=FillList,
        responses=describe_problems(Reason.INVALID_ORDER_ID, *_LIST_PROBLEMS),
    )  # fmt: skip


def _answer(body: Any) -> Response:
    return Response(encode(body), media_type="application/json")


def _read_symbol(query: dict[str, str], instruments: Mapping[str, Instrument]) -> str | None:
    symbol = query.get("symbol")
    return None if symbol is None else find_instrument(symbol, instruments).symbol


def _read_limit(query: dict[str, str]) -> int:
    text = query.get("limit", str(DEFAULT_LIMIT))
    if text.isascii() and text.isdigit() and len(text) <= 4 and 1 <= int(text) <= MAX_LIMIT:
        return int(text)
    raise Refusal(
        Reason.INVALID_REQUEST, "limit", f"limit must be a whole number from 1 to {MAX_LIMIT}"
    )


def _read_status(query: dict[str, str]) -> Status | None:
    text = query.get("status")
    if text is None:
        return None
    if text in _STATUSES:
        return Status(text)
    raise Refusal(Reason.INVALID_REQUEST, "status", f"status must be one of {', '.join(_STATUSES)}")
