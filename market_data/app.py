"""The application: the routes, their errors, and the service behind them."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import cache

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError

from market_data.service import Service
from market_data.web import openapi
from market_data.web.metrics import Metrics
from market_data.web.problems import install_handlers
from market_data.web.query_rules import render_invalid
from market_data.web.routes import live_router, router
from market_data.web.site_rules import SiteRules
from market_data.web.trading_page import PageSettings, make_page_router
from market_data.web.unread_bodies import UnreadBodies
from protocol.codec import encode


def create_app(
    service: Service,
    page: PageSettings,
    allowed_origins: Iterable[str] = (),
    allowed_hosts: Iterable[str] = (),
) -> FastAPI:
    """Make an application with the trading page that runs `service` as long as it is served."""

    @asynccontextmanager
    async def run_service(_: FastAPI) -> AsyncIterator[None]:
        async with service.run():
            yield

    app = FastAPI(
        title="GoQuant market data",
        version="1",
        description="The live feed is the WebSocket /ws/market-data; these routes answer once.",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=run_service,
        redirect_slashes=False,
    )
    app.state.service = service
    app.state.make_document = cache(lambda: encode(app.openapi()))
    app.state.metrics = Metrics(service.status, service.hub, service.feed_stats)
    openapi.document(app)
    install_handlers(app)
    app.exception_handler(RequestValidationError)(render_invalid)
    app.include_router(router)
    app.include_router(live_router)
    app.include_router(make_page_router(page))
    app.add_middleware(UnreadBodies)
    app.add_middleware(SiteRules, origins=allowed_origins, hosts=allowed_hosts)
    return app
