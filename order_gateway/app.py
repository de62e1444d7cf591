"""The gateway's application, with its edges wired."""

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI

from order_gateway import openapi
from order_gateway.connection import make_client
from order_gateway.direct_route import DirectApp
from order_gateway.errors import add_error_handlers
from order_gateway.gateway import REPLY_SECONDS, Gateway
from order_gateway.health import HealthCheck
from order_gateway.identity import IdKey
from order_gateway.order_queue import PUSH_SECONDS, OrderQueue
from order_gateway.overload import OverloadGate
from order_gateway.replies import Replies
from order_gateway.routes import add_routes
from protocol.instrument import Instrument
from protocol.settings import Settings

_DESCRIPTION = """Orders go in here and are matched in strict price-time priority.

Prices and quantities are decimal strings. Every error is an RFC 9457 problem document whose `code`
says what was wrong."""


def create_app(
    settings: Settings,
    instruments: Mapping[str, Instrument],
    *,
    reply_seconds: float = REPLY_SECONDS,
    push_seconds: float = PUSH_SECONDS,
) -> FastAPI:
    """The application; it connects to Redis when it starts, and starts without Redis too."""
    redis_url = settings.effective_redis_url
    client = make_client(redis_url)
    health = HealthCheck(client)
    id_key = IdKey(client)
    gate = OverloadGate(settings.max_queue_length, health.read_queue_length)
    queue = OrderQueue(redis_url, gate.observe, id_key.forget, push_seconds)
    replies = Replies(redis_url, worker=secrets.token_hex(8))

    @asynccontextmanager
    async def live(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(client.aclose)
            stack.push_async_callback(gate.aclose)
            stack.push_async_callback(replies.aclose)
            stack.push_async_callback(queue.aclose)
            replies.start()
            queue.start()
            await replies.wait_until_tried()
            yield

    app = DirectApp(
        title="GoQuant order gateway",
        version="1",
        description=_DESCRIPTION,
        lifespan=live,
        docs_url="/v1/docs",
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,
    )
    gateway = Gateway(instruments, queue, replies, gate, id_key, reply_seconds)
    add_routes(app.router, gateway, health)
    app.remember_fixed_routes()
    add_error_handlers(app)
    openapi.document(app)
    return app
