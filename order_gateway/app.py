"""The gateway's application, with its connections wired."""

from collections.abc import Mapping, Sequence
from time import time

from fastapi import FastAPI
from starlette.routing import WebSocketRoute

from archive.queries import Archive
from order_gateway.account.history import History
from order_gateway.account.order_stream import OrderStream
from order_gateway.account.stream_limits import StreamLimits
from order_gateway.admission.admission import Admission
from order_gateway.admission.api_keys import ApiKey
from order_gateway.admission.authentication import KeyAuthentication, OpenAuthentication
from order_gateway.admission.rate_limit import make_limits
from order_gateway.admission.site_rules import SiteRules
from order_gateway.connections import Connections
from order_gateway.document import openapi
from order_gateway.queueing.gateway import REPLY_SECONDS, Gateway
from order_gateway.queueing.halts import Halts
from order_gateway.queueing.order_queue import PUSH_SECONDS
from order_gateway.routes.account_routes import add_account_routes
from order_gateway.routes.change_routes import add_change_routes
from order_gateway.routes.direct_route import DirectApp, DirectRoutes
from order_gateway.routes.history_routes import add_history_routes
from order_gateway.routes.operation_routes import add_operation_routes
from order_gateway.routes.order_routes import add_order_routes
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
    connections = Connections(settings, push_seconds)
    app = DirectApp(
        title="GoQuant order gateway",
        version="1",
        description=_DESCRIPTION,
        lifespan=connections.live,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    admission = Admission(
        _make_site_rules(settings, is_open=keys is None),
        _make_authentication(settings, keys),
        connections.order_log,
        connections.metrics,
        connections.worker,
    )
    history = History(archive, connections.client)
    gateway = connections.make_gateway(instruments, reply_seconds)
    routes = DirectRoutes(app.router, admission, settings.max_body_bytes, settings.max_batch_bytes)
    _add_routes(routes, app, gateway, history, connections)
    _add_stream(app, admission, history, connections, settings)
    app.remember_fixed_routes(admission)
    admission.answer_errors(app)
    openapi.document(app)
    return app


def _add_routes(
    routes: DirectRoutes,
    app: DirectApp,
    gateway: Gateway,
    history: History,
    connections: Connections,
) -> None:
    halts = Halts(connections.client)
    add_order_routes(routes, gateway, history)
    add_change_routes(routes, gateway)
    add_account_routes(routes, gateway, halts)
    add_history_routes(routes, history, gateway.instruments)
    add_operation_routes(
        routes, app, gateway.instruments, halts, connections.health, connections.metrics
    )


def _add_stream(
    app: DirectApp,
    admission: Admission,
    history: History,
    connections: Connections,
    settings: Settings,
) -> None:
    places = StreamLimits(settings.gateway_max_streams, settings.gateway_max_streams_per_account)
    stream = OrderStream(admission, history, connections.feed, places, connections.metrics)
    app.router.routes.append(WebSocketRoute("/ws/orders", stream.serve))


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
    hosts = [settings.gateway_host, *settings.allowed_hosts]
    return SiteRules(
        hosts,
        settings.allowed_origins,
        settings.market_data_port,
        checks_host=is_open,
    )
