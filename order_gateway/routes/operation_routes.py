"""Routes for those who operate the gateway, and what everybody may know."""

from collections.abc import Mapping
from typing import Literal

from fastapi import FastAPI
from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from order_gateway.admission.request_context import RequestContext
from order_gateway.document.documentation import CONTENT_SECURITY_POLICY, read_page
from order_gateway.document.openapi import describe_path, describe_problems
from order_gateway.document.operation_schemas import (
    Health,
    InstrumentItem,
    InstrumentList,
    InstrumentState,
    Liveness,
    Readiness,
)
from order_gateway.metrics import CONTENT_TYPE, Metrics
from order_gateway.queueing.halts import Halts
from order_gateway.reading.validation import find_instrument
from order_gateway.routes.direct_route import DirectRoutes
from order_gateway.routes.health import HealthCheck
from protocol.codec import encode
from protocol.enums import Reason
from protocol.instrument import SYMBOL_PATTERN, Instrument


def add_operation_routes(
    routes: DirectRoutes,
    app: FastAPI,
    instruments: Mapping[str, Instrument],
    halts: Halts,
    health: HealthCheck,
    metrics: Metrics,
) -> None:
    """Adds them."""
    _add_instruments(routes, instruments, halts)
    _add_health(routes, health)
    _add_metrics(routes, health, metrics)
    _add_documentation(routes, app)


def _add_instruments(
    routes: DirectRoutes, instruments: Mapping[str, Instrument], halts: Halts
) -> None:
    async def list_instruments(_request: RequestContext) -> Response:
        """What is traded, with tick and lot, and whether it is halted."""
        halted = await halts.read()
        items = [_describe_instrument(item, halted) for item in instruments.values()]
        body = InstrumentList(instruments=items).model_dump_json()
        return Response(body, media_type="application/json")

    routes.add(
        "GET", "/v1/instruments", list_instruments, summary="List the instruments",
        tags=["instruments"], response_model=InstrumentList,
    )  # fmt: skip
    _add_instrument(routes, instruments, halts)


def _add_instrument(
    routes: DirectRoutes, instruments: Mapping[str, Instrument], halts: Halts
) -> None:
    async def read_instrument(request: RequestContext) -> Response:
        """One instrument: its tick and lot, its limits, and whether it is halted."""
        instrument = find_instrument(request.path_params["symbol"], instruments)
        item = _describe_instrument(instrument, await halts.read())
        return Response(item.model_dump_json(), media_type="application/json")

    path = describe_path("symbol", SYMBOL_PATTERN, "BTC-USDT")
    routes.add(
        "GET", "/v1/instruments/{symbol}", read_instrument, summary="An instrument",
        tags=["instruments"], request={"parameters": [path]}, response_model=InstrumentItem,
        responses=describe_problems(Reason.UNKNOWN_SYMBOL, is_in_path=True),
    )  # fmt: skip


def _add_health(routes: DirectRoutes, health: HealthCheck) -> None:
    async def read_health(_request: RequestContext) -> Response:
        """State of the gateway, its queue and the engine. 503 where no order can be accepted."""
        state = await health.read()
        return _answer(state, 503 if state.status == "unavailable" else 200)

    async def read_liveness(_request: RequestContext) -> Response:
        """200 as long as the process answers at all."""
        return _answer(Liveness(status="ok"), 200)

    async def read_readiness(_request: RequestContext) -> Response:
        """200 where an order sent now would be matched now, else 503 and why."""
        state = await health.read_readiness()
        return _answer(state, 200 if state.status == "ready" else 503)

    routes.add(
        "GET", "/health", read_health, summary="Health", tags=["operation"], response_model=Health,
        responses={503: {"model": Health, "description": "The queue cannot be reached"}},
    )  # fmt: skip
    routes.add(
        "GET", "/livez", read_liveness, summary="Liveness", tags=["operation"],
        response_model=Liveness,
    )  # fmt: skip
    routes.add(
        "GET", "/readyz", read_readiness, summary="Readiness", tags=["operation"],
        response_model=Readiness, responses={503: {"model": Readiness, "description": "Not ready"}},
    )  # fmt: skip


def _add_metrics(routes: DirectRoutes, health: HealthCheck, metrics: Metrics) -> None:
    async def read_metrics(_request: RequestContext) -> Response:
        """Figures for Prometheus."""
        metrics.set_archive_lag(await health.read_archive_lag())
        text = metrics.export(await health.read_engine_rejects())
        return Response(text, headers={"Content-Type": CONTENT_TYPE})

    routes.add(
        "GET", "/metrics", read_metrics, summary="Metrics", tags=["operation"],
        response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )  # fmt: skip


def _add_documentation(routes: DirectRoutes, app: FastAPI) -> None:
    page = read_page()

    async def read_documentation(_request: RequestContext) -> Response:
        """The page that shows this document."""
        return HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})

    async def read_openapi(_request: RequestContext) -> Response:
        """The OpenAPI document."""
        return Response(encode(app.openapi()), media_type="application/json")

    for path, endpoint in (("/v1/docs", read_documentation), ("/v1/openapi.json", read_openapi)):
        routes.add("GET", path, endpoint, include_in_schema=False)


def _answer(state: BaseModel, status: Literal[200, 503]) -> Response:
    return Response(state.model_dump_json(), status, media_type="application/json")


def _describe_instrument(instrument: Instrument, halted: frozenset[str] | None) -> InstrumentItem:
    """`halted`: the symbols that are, None where nobody knows."""
    state: InstrumentState | None = None
    if halted is not None:
        state = "halted" if instrument.symbol in halted else "trading"
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
        price_band=specification.price_band,
        state=state,
    )
