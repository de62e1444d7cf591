"""Routes for operators, and about what is traded; anybody may ask them."""

from functools import cache
from typing import Literal

from pydantic import BaseModel
from starlette.responses import HTMLResponse, Response

from edge.answer_metrics import CONTENT_TYPE
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.common_answers import SYMBOL
from order_gateway.document.message_schemas import ORDER_STREAM
from order_gateway.document.operation_schemas import (
    Health,
    InstrumentItem,
    InstrumentList,
    Liveness,
    Readiness,
    to_state,
)
from order_gateway.reading.validation import find_instrument
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.services import Services
from protocol.asyncapi import make_asyncapi
from protocol.codec import encode
from protocol.documentation import HEADERS, PAGE
from protocol.enums import Phase, Reason
from protocol.instrument import Instrument, list_shards
from protocol.problem_responses import describe_problems

routes = RouteTable()


@routes.add(
    "GET", "/v1/instruments", summary="List the instruments", tags=["instruments"],
    response_model=InstrumentList,
)  # fmt: skip
async def list_instruments(services: Services, _request: RequestContext) -> Response:
    """What is traded, with tick and lot, and whether it is halted."""
    phases = await services.halts.read_phases()
    items = [_describe_instrument(services, item, phases) for item in services.instruments.values()]
    body = InstrumentList(instruments=items).model_dump_json(exclude_unset=True)
    return Response(body, media_type="application/json")


@routes.add(
    "GET", "/v1/instruments/{symbol}", summary="An instrument", tags=["instruments"],
    request={"parameters": [SYMBOL]}, response_model=InstrumentItem,
    responses=describe_problems(Reason.UNKNOWN_SYMBOL, is_in_path=True),
)  # fmt: skip
async def read_instrument(services: Services, request: RequestContext) -> Response:
    """One instrument: its tick and lot, its limits, and whether it is halted."""
    instrument = find_instrument(request.path_params["symbol"], services.instruments)
    item = _describe_instrument(services, instrument, await services.halts.read_phases())
    return Response(item.model_dump_json(exclude_unset=True), media_type="application/json")


@routes.add(
    "GET", "/health", summary="Health", tags=["operation"], response_model=Health,
    responses={503: {"model": Health, "description": "The queue cannot be reached"}},
)  # fmt: skip
async def read_health(services: Services, _request: RequestContext) -> Response:
    """State of the gateway, its queue and the engine. 503 if no order can be accepted."""
    state = await services.health.read()
    return _answer(state, 503 if state.status == "unavailable" else 200)


@routes.add(
    "GET", "/livez", summary="Liveness", tags=["operation"], response_model=Liveness,
)  # fmt: skip
async def read_liveness(_services: Services, _request: RequestContext) -> Response:
    """200 as long as the process answers at all."""
    return _answer(Liveness(status="ok"), 200)


@routes.add(
    "GET", "/readyz", summary="Readiness", tags=["operation"], response_model=Readiness,
    responses={503: {"model": Readiness, "description": "Not ready"}},
)  # fmt: skip
async def read_readiness(services: Services, _request: RequestContext) -> Response:
    """200 if an order sent now would be matched and kept, else 503 and the reasons."""
    state = await services.health.read_readiness()
    return _answer(state, 200 if state.status == "ready" else 503)


@routes.add(
    "GET", "/metrics", summary="Metrics", tags=["operation"], response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)  # fmt: skip
async def read_metrics(services: Services, _request: RequestContext) -> Response:
    """Figures for Prometheus."""
    services.metrics.set_archive_lag(await services.health.read_archive_lag())
    text = services.metrics.export(await services.health.read_engine_rejects())
    return Response(text, headers={"Content-Type": CONTENT_TYPE})


@routes.add("GET", "/v1/docs", include_in_schema=False)
async def read_documentation(_services: Services, _request: RequestContext) -> Response:
    """The page that shows the OpenAPI document."""
    return HTMLResponse(PAGE, headers=HEADERS)


@routes.add("GET", "/v1/openapi.json", include_in_schema=False)
async def read_openapi(services: Services, _request: RequestContext) -> Response:
    """The OpenAPI document."""
    return Response(services.make_document(), media_type="application/json")


@routes.add("GET", "/v1/asyncapi.json", include_in_schema=False)
async def read_asyncapi(_services: Services, _request: RequestContext) -> Response:
    """The AsyncAPI document of the private stream."""
    return Response(_encode_asyncapi(), media_type="application/json")


@cache
def _encode_asyncapi() -> bytes:
    return encode(make_asyncapi(ORDER_STREAM))


def _answer(state: BaseModel, status: Literal[200, 503]) -> Response:
    return Response(state.model_dump_json(), status, media_type="application/json")


def _describe_instrument(
    services: Services, instrument: Instrument, phases: dict[str, Phase] | None
) -> InstrumentItem:
    """Describe an instrument; `phases` are those that do not trade, None if that is unknown."""
    phase = None if phases is None else phases.get(instrument.symbol, Phase.CONTINUOUS)
    specification = instrument.specification
    item = InstrumentItem(
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
        state=None if phase is None else to_state(phase),
        phase=phase,
    )
    if len(list_shards(services.instruments.values())) > 1:
        item.shard = instrument.shard
    return item
