"""Simulated traders, which whoever runs the exchange starts and stops."""

from starlette.responses import Response

from edge.api_keys import Scope
from edge.own_machine import is_asked_here
from order_gateway.admission.request_context import RequestContext
from order_gateway.document.common_answers import BODY_PROBLEMS
from order_gateway.document.operation_schemas import MarketState
from order_gateway.document.route_descriptions import describe_body
from order_gateway.reading.market import read_market
from order_gateway.reading.request_schemas import MarketRequest
from order_gateway.reading.validation import check_media_type
from order_gateway.routes.direct_route import RouteTable
from order_gateway.routes.services import Body, Services
from protocol.enums import Reason
from protocol.instrument import list_shards
from protocol.market_file import SimulatedMarket
from protocol.problem_responses import describe_problems
from protocol.refusal import Refusal

routes = RouteTable()

_PATH = "/v1/admin/market"
_NO_LAUNCHER = "nobody would start them here: run `python -m participants` beside the exchange"
_SEVERAL_SHARDS = "simulated traders trade on one shard alone, and this exchange has several"
_NO_KEY = "simulated traders have no API key, and this exchange asks for one"


@routes.add(
    "GET", _PATH, summary="Simulated traders", tags=["administration"], response_model=MarketState,
)  # fmt: skip
async def read_state(services: Services, request: RequestContext) -> Response:
    """Which market of simulated traders there is to be, and whether you may say so."""
    is_available = is_asked_here(request.scope) and _find_obstacle(services) is None
    return _answer(_read(services), is_available=is_available)


@routes.add(
    "POST", _PATH, needs=Scope.ADMIN, body=Body.SINGLE, summary="Start simulated traders",
    tags=["administration"], request=describe_body(MarketRequest), response_model=MarketState,
    responses=describe_problems(
        Reason.MARKET_UNAVAILABLE, Reason.UNKNOWN_SYMBOL, Reason.INVALID_DECIMAL, Reason.OFF_TICK,
        Reason.PRICE_OUT_OF_RANGE, *BODY_PROBLEMS,
    ),
)  # fmt: skip
async def start_market(services: Services, request: RequestContext) -> Response:
    """Have a market of simulated traders instead of the one that there is; they start at once."""
    check_media_type(request)
    market = read_market(request.body, services.instruments)
    _write(services, request, market)
    return _answer(market)


@routes.add(
    "DELETE", _PATH, needs=Scope.ADMIN, summary="Stop simulated traders",
    tags=["administration"], response_model=MarketState,
    responses=describe_problems(Reason.MARKET_UNAVAILABLE),
)  # fmt: skip
async def stop_market(services: Services, request: RequestContext) -> Response:
    """Have none; the traders cancel what they have open, and end."""
    _write(services, request, None)
    return _answer(None)


def _read(services: Services) -> SimulatedMarket | None:
    try:
        return services.market_file.read()
    except OSError:
        return None


def _write(services: Services, request: RequestContext, market: SimulatedMarket | None) -> None:
    if not is_asked_here(request.scope):
        raise Refusal(
            Reason.FORBIDDEN, None, "simulated traders are started from this machine alone"
        )
    obstacle = _find_obstacle(services)
    if obstacle is not None:
        raise Refusal(Reason.MARKET_UNAVAILABLE, None, obstacle)
    try:
        services.market_file.write(market)
    except OSError as error:
        raise Refusal(Reason.MARKET_UNAVAILABLE, None, f"{error.strerror}") from None


def _find_obstacle(services: Services) -> str | None:
    """Return why nobody can start simulated traders here, None if somebody can."""
    if services.has_keys:
        return _NO_KEY
    if len(list_shards(services.instruments.values())) > 1:
        return _SEVERAL_SHARDS
    try:
        services.market_file.read()
    except OSError:
        return _NO_LAUNCHER
    return None


def _answer(market: SimulatedMarket | None, *, is_available: bool = True) -> Response:
    state = MarketState(is_available=is_available)
    if market is not None:
        state = MarketState(
            is_available=is_available,
            name=market.name,
            symbol=market.symbol,
            seed=market.seed,
            start_price=market.start_price,
        )
    return Response(state.model_dump_json(), media_type="application/json")
