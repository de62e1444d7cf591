"""The application: routes, errors and the service that they speak for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from market_data.problems import install_handlers
from market_data.routes import router
from market_data.service import Service


def create_app(service: Service) -> FastAPI:
    """An application that runs `service` as long as it is served."""

    @asynccontextmanager
    async def run_service(_: FastAPI) -> AsyncIterator[None]:
        async with service.run():
            yield

    app = FastAPI(
        title="GoQuant market data",
        version="1",
        description="The live feed is the WebSocket /ws/market-data; these routes answer once.",
        docs_url="/v1/docs",
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        lifespan=run_service,
    )
    app.state.service = service
    install_handlers(app)
    app.include_router(router)
    return app
