"""The REST side: the same market as on the WebSocket, when asked."""

from http import HTTPStatus
from pathlib import Path
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request, WebSocket
from starlette.responses import FileResponse, Response

from market_data.announcer import describe_bbo
from market_data.market import TRADES_KEPT, Market, SymbolView
from market_data.problems import ProblemRaised
from market_data.service import Service
from protocol.codec import encode
from protocol.enums import Reason

MAX_DEPTH = 10_000
MAX_TRADES = 1_000
PAGE = Path(__file__).resolve().parent.parent / "websocket_test.html"

router = APIRouter()


class JsonResponse(Response):
    """JSON as `protocol` encodes it."""

    media_type = "application/json"

    def render(self, content: object) -> bytes:
        """The body."""
        return encode(content)


def find_service(request: Request) -> Service:
    """The service that the application was made for."""
    service: Service = request.app.state.service
    return service


def find_market(service: Annotated[Service, Depends(find_service)]) -> Market:
    """The market; while the feed is deaf a problem, because what it knows may be old."""
    if not service.status.is_in_sync:
        raise ProblemRaised(
            HTTPStatus.SERVICE_UNAVAILABLE,
            Reason.NOT_IN_SYNC,
            "the feed has lost the engine's channels or is reading the journal; see /health",
            headers={"Retry-After": "1"},
        )
    return service.market


def find_view(symbol: str, market: Annotated[Market, Depends(find_market)]) -> SymbolView:
    """What is known of `symbol`; a problem that names the valid ones where there is none."""
    if symbol not in market.symbols:
        raise ProblemRaised(
            HTTPStatus.NOT_FOUND,
            Reason.UNKNOWN_SYMBOL,
            f"unknown symbol {symbol[:40]!r}; valid: {', '.join(market.symbols)}",
            "symbol",
        )
    return market[symbol]


View = Annotated[SymbolView, Depends(find_view)]


@router.get("/v1/orderbook/{symbol}", response_class=JsonResponse, tags=["market"])
async def read_orderbook(
    symbol: str, view: View, depth: Annotated[int, Query(ge=1, le=MAX_DEPTH)] = 100
) -> Response:
    """The best `depth` levels of each side, best first, as `[price, quantity]`."""
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


@router.get("/v1/bbo/{symbol}", response_class=JsonResponse, tags=["market"])
async def read_bbo(symbol: str, view: View) -> Response:
    """Best bid and offer; null on an empty side."""
    return JsonResponse(describe_bbo(symbol, view))


@router.get("/v1/trades/{symbol}", response_class=JsonResponse, tags=["market"])
async def read_trades(
    symbol: str,
    view: View,
    limit: Annotated[int, Query(ge=1, le=MAX_TRADES)] = 100,
    before: Annotated[int | None, Query(ge=1, lt=2**63)] = None,
) -> Response:
    """Recent trades, newest first; `next_before` asks for the page after, null: there is none."""
    trades = view.trades_before(before, limit)
    has_more = bool(trades) and trades[-1].trade_id > view.trades[0].trade_id
    return JsonResponse(
        {
            "symbol": symbol,
            "trades": [msgspec.structs.asdict(trade) for trade in trades],
            "next_before": trades[-1].trade_id if has_more else None,
        }
    )


read_trades.__doc__ = f"{read_trades.__doc__} The last {TRADES_KEPT} of a symbol are kept."


@router.get("/health", response_class=JsonResponse, tags=["service"])
async def read_health(service: Annotated[Service, Depends(find_service)]) -> Response:
    """200 while the feed is in sync with the engine's channels, else 503."""
    return JsonResponse(service.describe_health(), 200 if service.status.is_in_sync else 503)


@router.get("/stats", response_class=JsonResponse, tags=["service"])
async def read_stats(service: Annotated[Service, Depends(find_service)]) -> Response:
    """Counters since the start."""
    return JsonResponse(service.describe_stats())


@router.get("/", include_in_schema=False)
async def read_page() -> Response:
    """The page that shows it all."""
    if not PAGE.is_file():
        raise ProblemRaised(
            HTTPStatus.NOT_FOUND,
            Reason.NOT_FOUND,
            "websocket_test.html is not beside the package market_data; see /v1/docs for the rest",
        )
    return FileResponse(PAGE, media_type="text/html", headers={"Cache-Control": "no-cache"})


@router.websocket("/ws/market-data")
async def serve_websocket(websocket: WebSocket) -> None:
    """The live feed."""
    service: Service = websocket.app.state.service
    await service.session.serve(websocket)
