"""The REST routes: the same market as on the WebSocket, once for each request."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, WebSocket
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from edge.answer_metrics import CONTENT_TYPE
from market_data.fanout.book_renderer import describe_bbo
from market_data.history.candle_request import choose_range, describe_candles
from market_data.history.trade_request import describe_trades
from market_data.history.unavailable import HistoryUnavailable
from market_data.market.market import SymbolView
from market_data.market.whole_market import AnyMarket
from market_data.service import Service
from market_data.web.answer_schemas import (
    BestPrices,
    CandleList,
    Health,
    Interval,
    OrderBook,
    Readiness,
    Stats,
    Ticker,
    TradeList,
)
from market_data.web.message_schemas import FEED
from market_data.web.metrics import Metrics
from market_data.web.openapi import Symbol, describe_answers, describe_market_answers
from market_data.web.problems import ProblemRaised
from market_data.web.query_rules import BEFORE, DEPTH, LIMIT, check_names
from protocol.asyncapi import make_asyncapi
from protocol.codec import encode
from protocol.documentation import HEADERS, PAGE
from protocol.enums import Reason
from protocol.headers import RETRY_AFTER_HEADER
from protocol.problem_responses import describe_problems
from protocol.timestamps import MOMENT_RULE, parse_moment

router = APIRouter(dependencies=[Depends(check_names)])
live_router = APIRouter()


class JsonResponse(JSONResponse):
    """JSON as `protocol` encodes it."""

    def render(self, content: object) -> bytes:
        """Encode the body."""
        return encode(content)


def find_service(request: Request) -> Service:
    """Return the service of the application."""
    service: Service = request.app.state.service
    return service


def find_market(service: Annotated[Service, Depends(find_service)]) -> AnyMarket:
    """Return the market; raise a problem while the feed is deaf, because it may be old."""
    if not service.status.is_in_sync:
        raise ProblemRaised(
            Reason.NOT_IN_SYNC,
            "the feed has lost the engine's channels or is reading the journal; see /health",
            headers={RETRY_AFTER_HEADER: "1"},
        )
    return service.market


def find_view(symbol: Symbol, market: Annotated[AnyMarket, Depends(find_market)]) -> SymbolView:
    """Return what is known of `symbol`; raise a problem that names the valid ones for another."""
    if symbol not in market.symbols:
        raise ProblemRaised(
            Reason.UNKNOWN_SYMBOL,
            f"unknown symbol {symbol[:40]!r}; valid: {', '.join(market.symbols)}",
            "symbol",
        )
    return market[symbol]


@contextmanager
def _refusing_unknown_history() -> Iterator[None]:
    try:
        yield
    except HistoryUnavailable:
        raise ProblemRaised(
            Reason.ARCHIVE_UNAVAILABLE,
            "the archive does not answer, or has not come so far yet; its log says why",
            headers={RETRY_AFTER_HEADER: "1"},
        ) from None


View = Annotated[SymbolView, Depends(find_view)]
RunningService = Annotated[Service, Depends(find_service)]
Depth = Annotated[
    int, Query(ge=DEPTH.lowest, le=DEPTH.highest, description="levels of each side, at most")
]
Limit = Annotated[
    int, Query(ge=LIMIT.lowest, le=LIMIT.highest, description="items of the answer, at most")
]
Before = Annotated[
    int | None,
    Query(ge=BEFORE.lowest, le=BEFORE.highest, description="only trades with a smaller id"),
]
Start = Annotated[
    str | None, Query(description=f"the first one begins then or later: {MOMENT_RULE}")
]
End = Annotated[
    str | None, Query(description="the last one begins before; without it, up to the open one")
]


@router.get(
    "/v1/orderbook/{symbol}",
    response_class=JsonResponse,
    tags=["market"],
    responses=describe_market_answers(OrderBook, Reason.INVALID_REQUEST),
)
async def read_orderbook(
    symbol: Symbol,
    view: View,
    depth: Annotated[int, Query(ge=DEPTH.lowest, le=DEPTH.highest)] = 100,
) -> Response:
    """The best `depth` levels of each side, best first, as `[price, quantity]`.

    A `depth` above the number of levels gives all of them.
    """
    book = view.book
    return JsonResponse(
        {
            "symbol": symbol,
            "timestamp": view.timestamp,
            "last_update_id": book.last_update_id,
            "bids": book.bids.top(depth),
            "asks": book.asks.top(depth),
        }
    )


@router.get(
    "/v1/bbo/{symbol}",
    response_class=JsonResponse,
    tags=["market"],
    responses=describe_market_answers(BestPrices),
)
async def read_bbo(symbol: Symbol, view: View) -> Response:
    """Best bid and offer; null on an empty side."""
    return JsonResponse(describe_bbo(symbol, view))


@router.get(
    "/v1/trades/{symbol}",
    response_class=JsonResponse,
    tags=["market"],
    responses=describe_market_answers(
        TradeList, Reason.INVALID_REQUEST, Reason.ARCHIVE_UNAVAILABLE
    ),
)
async def read_trades(
    symbol: Symbol,
    view: View,
    service: RunningService,
    limit: Limit = 100,
    before: Before = None,
) -> Response:
    """Recent trades, newest first; `next_before` asks for the next page, null if there is none.

    What memory does not have any more comes from the archive, if there is one. While that does not
    answer, a page ends where memory does, with a `next_before`; one from before that is a 503.
    """
    with _refusing_unknown_history():
        found = await describe_trades(view, before, limit, service.archive)
    return JsonResponse({"symbol": symbol, **found})


@router.get(
    "/v1/ticker/{symbol}",
    response_class=JsonResponse,
    tags=["market"],
    responses=describe_market_answers(Ticker),
)
async def read_ticker(view: View, service: RunningService) -> Response:
    """The last 24 hours; null prices before the first trade."""
    return JsonResponse(view.prices.describe_ticker(service.market.now))


@router.get(
    "/v1/candles/{symbol}",
    response_class=JsonResponse,
    tags=["market"],
    responses=describe_market_answers(
        CandleList, Reason.INVALID_REQUEST, Reason.ARCHIVE_UNAVAILABLE
    ),
)
async def read_candles(
    symbol: Symbol,
    view: View,
    service: RunningService,
    interval: Interval = "1m",
    start: Annotated[
        str | None, Query(description=f"the first begins then or later; {MOMENT_RULE}")
    ] = None,
    end: Annotated[
        str | None, Query(description="the last begins before; without it, up to now")
    ] = None,
    limit: Limit = 100,
) -> Response:
    """The newest `limit` candles that begin from `start` on and before `end`, oldest first.

    Both are timestamps or whole seconds since 1970. While the archive does not answer, `since` says
    where memory begins; an answer of which memory has nothing is a 503.
    """
    series, now = view.prices.series[interval], service.market.now
    first, last = _read_moment("start", start), _read_moment("end", end)
    asked = choose_range(series, now, first, last, limit)
    with _refusing_unknown_history():
        found = await describe_candles(view, series, asked, now, service.archive)
    return JsonResponse({"symbol": symbol, "interval": interval, **found})


def _read_moment(field: str, text: str | None) -> int | None:
    try:
        return None if text is None else parse_moment(text)
    except ValueError:
        raise ProblemRaised(
            Reason.INVALID_REQUEST,
            f"{field} must be {MOMENT_RULE}",
            field,
        ) from None


@router.get(
    "/health",
    response_class=JsonResponse,
    tags=["service"],
    responses=describe_answers(Health) | {503: {"model": Health, "description": "Not in sync"}},
)
async def read_health(service: RunningService) -> Response:
    """200 while the feed is in sync with the engine's channels, else 503."""
    return JsonResponse(service.describe_health(), 200 if service.status.is_in_sync else 503)


@router.get(
    "/readyz",
    response_class=JsonResponse,
    tags=["service"],
    responses=describe_answers(Readiness) | {503: {"model": Readiness, "description": "Not ready"}},
)
async def read_readiness(service: RunningService) -> Response:
    """200 while the feed is in sync with the engine's channels, else 503; and what else fails."""
    state = await service.describe_readiness()
    return JsonResponse(state, 200 if state["status"] == "ready" else 503)


@router.get(
    "/stats", response_class=JsonResponse, tags=["service"], responses=describe_answers(Stats)
)
async def read_stats(service: RunningService) -> Response:
    """Counters since the start."""
    return JsonResponse(service.describe_stats())


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    tags=["service"],
    responses=describe_problems(Reason.UNKNOWN_FIELD, Reason.INTERNAL_ERROR),
)
async def read_metrics(request: Request, service: RunningService) -> Response:
    """The counters and gauges for Prometheus, and how long the engine matches and commits."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.render(await service.read_engine_figures()), media_type=CONTENT_TYPE)


@live_router.get("/v1/docs", include_in_schema=False)
async def read_documentation() -> Response:
    """The page that shows the OpenAPI document."""
    return HTMLResponse(PAGE, headers=HEADERS)


@cache
def _encode_asyncapi() -> bytes:
    return encode(make_asyncapi(FEED))


@live_router.get("/v1/asyncapi.json", include_in_schema=False)
async def read_asyncapi() -> Response:
    """The AsyncAPI document of the feed."""
    return Response(_encode_asyncapi(), media_type="application/json")


@live_router.get("/v1/openapi.json", include_in_schema=False)
async def read_openapi(request: Request) -> Response:
    """Return the OpenAPI document, which is made once."""
    return Response(request.app.state.make_document(), media_type="application/json")


@live_router.websocket("/ws/market-data")
async def serve_websocket(websocket: WebSocket) -> None:
    """Serve one client of the live feed."""
    service: Service = websocket.app.state.service
    await service.session_host.serve(websocket)
