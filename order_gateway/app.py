"""The gateway's application, with its edges wired."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from time import time

from fastapi import FastAPI
from starlette.routing import WebSocketRoute

from archive.queries import Archive
from order_gateway import openapi
from order_gateway.account_routes import add_account_routes
from order_gateway.api_keys import ApiKey
from order_gateway.audit import AuditLog
from order_gateway.authentication import KeyAuthentication, OpenAuthentication
from order_gateway.connection import make_client
from order_gateway.direct_route import DirectApp, DirectRoutes
from order_gateway.door import Door
from order_gateway.gateway import REPLY_SECONDS, Gateway
from order_gateway.halts import Halts
from order_gateway.health import HealthCheck
from order_gateway.history import History
from order_gateway.history_routes import add_history_routes
from order_gateway.idempotency import IdempotencyKeys
from order_gateway.identity import IdKey
from order_gateway.metrics import Metrics
from order_gateway.operation_routes import add_operation_routes
from order_gateway.order_queue import PUSH_SECONDS, OrderQueue
from order_gateway.order_routes import add_order_routes
from order_gateway.order_stream import OrderStream
from order_gateway.overload import OverloadGate
from order_gateway.rate_limit import make_limits
from order_gateway.replies import Replies
from order_gateway.report_feed import ReportFeed
from order_gateway.site_rules import SiteRules
from protocol.instrument import Instrument
from protocol.settings import Settings

_DESCRIPTION = """Orders go in here and are matched in strict price-time priority.

Prices and quantities are decimal strings. Every error is an RFC 9457 problem document whose `code`
says what was wrong; every answer has an `X-Request-Id`, which the logs know."""


def create_app(
    settings: Settings,
    instruments: Mapping[str, Instrument],
    archive: Archive | None = None,
    keys: Sequence[ApiKey] | None = None,
    *,
    reply_seconds: float = REPLY_SECONDS,
    push_seconds: float = PUSH_SECONDS,
) -> FastAPI:
    """The application; it connects to Redis when it starts, and starts without Redis too.

    `archive` None: questions about the past are answered 503. `keys` None: authentication is off.
    """
    redis_url = settings.effective_redis_url
    worker = secrets.token_hex(8)
    client = make_client(redis_url)
    metrics = Metrics()
    health = HealthCheck(client, settings.max_queue_length)
    id_key = IdKey(client)
    gate = OverloadGate(settings.max_queue_length, health.read_queue_length)

    def observe_push(entries: int, depth: int, seconds: float) -> None:
        gate.observe(depth)
        metrics.count_push(entries, depth, seconds)

    queue = OrderQueue(redis_url, observe_push, id_key.forget, push_seconds)
    replies = Replies(redis_url, worker)
    feed = ReportFeed(redis_url, client)
    audit = AuditLog(settings.log_format)

    @asynccontextmanager
    async def live(_app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.callback(audit.flush)
            stack.push_async_callback(client.aclose)
            stack.push_async_callback(feed.aclose)
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
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    gateway = Gateway(
        instruments, queue, replies, gate, id_key, IdempotencyKeys(client), metrics, reply_seconds
    )
    history = History(archive, client)
    door = Door(
        _make_site_rules(settings, is_open=keys is None),
        _make_authentication(settings, keys),
        audit,
        metrics,
        worker,
    )
    routes = DirectRoutes(app.router, door)
    add_order_routes(routes, gateway, history)
    halts = Halts(client)
    add_account_routes(routes, gateway, halts)
    add_history_routes(routes, history, instruments)
    add_operation_routes(routes, app, instruments, halts, health, metrics)
    stream = OrderStream(door, history, feed, metrics)
    app.router.routes.append(WebSocketRoute("/ws/orders", stream.serve))
    app.remember_fixed_routes(door)
    door.answer_errors(app)
    openapi.document(app)
    return app


def _make_authentication(
    settings: Settings, keys: Sequence[ApiKey] | None
) -> KeyAuthentication | OpenAuthentication:
    if keys is None:
        return OpenAuthentication()
    folder = settings.data_dir / "gateway-limits" if settings.uvicorn_workers > 1 else None
    limits = make_limits(keys, settings.rate_limit, folder)
    return KeyAuthentication(keys, settings.receive_window_ms, limits, lambda: int(time() * 1000))


def _make_site_rules(settings: Settings, *, is_open: bool) -> SiteRules:
    """Without keys it is only the host's name that keeps a stranger's page out."""
    hosts = [settings.gateway_host, *_split(settings.allowed_hosts)]
    return SiteRules(
        hosts,
        _split(settings.allowed_origins),
        settings.market_data_port,
        checks_host=is_open,
    )


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
