"""The gateway's application, wired to its connections."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from time import time

from fastapi import FastAPI
from starlette.routing import WebSocketRoute

from archive.presence import Presence
from archive.queries import Archive
from cluster.address import is_cluster
from edge.api_keys import ApiKey, read_api_keys
from edge.site_rules import SiteRules
from order_gateway.account.history import History
from order_gateway.account.order_stream import OrderStream
from order_gateway.account.stream_limits import StreamLimits
from order_gateway.admission.admission import Admission
from order_gateway.admission.authentication import (
    Authenticator,
    KeyAuthentication,
    OpenAuthentication,
)
from order_gateway.admission.rate_limit import make_limits
from order_gateway.admission.watched_keys import WatchedKeys
from order_gateway.connections import Connections
from order_gateway.document import openapi
from order_gateway.order_path.implementation import open_path
from order_gateway.queueing.begun_exchange import BegunExchange
from order_gateway.queueing.gateway import REPLY_SECONDS
from order_gateway.queueing.halts import Halts
from order_gateway.queueing.order_queue import PUSH_SECONDS
from order_gateway.routes import (
    account_routes,
    balance_routes,
    bench_routes,
    change_routes,
    compound_routes,
    history_routes,
    list_routes,
    market_routes,
    money_routes,
    operation_routes,
    order_routes,
    transfer_routes,
)
from order_gateway.routes.direct_route import DirectApp
from order_gateway.routes.services import Body, Services
from order_gateway.routes.socket_commands import SocketCommands
from protocol.codec import encode
from protocol.exchange_clock import ExchangeTime
from protocol.instrument import Instrument, list_shards
from protocol.market_file import MarketFile
from protocol.settings import Settings
from protocol.shards import name_shard

_DESCRIPTION = """Orders go in here and are matched in strict price-time priority.

Prices and quantities are decimal strings. Every error is an RFC 9457 problem document whose `code`
says what was wrong; every answer has an `X-Request-Id`, which the logs know."""


def create_app(
    settings: Settings,
    instruments: Mapping[str, Instrument],
    archive: Archive | None = None,
    keys: Sequence[ApiKey] | None = None,
    *,
    write_orders: Callable[[bytes], object] = sys.stderr.buffer.write,
    reply_seconds: float = REPLY_SECONDS,
    push_seconds: float = PUSH_SECONDS,
) -> FastAPI:
    """Make the application; it connects to Redis when it starts, and starts without Redis too.

    If `archive` is None, questions about the past are answered 503; if `keys` is None,
    authentication is off. `write_orders` gets the lines of the order log.
    """
    is_clustered = is_cluster(settings.effective_redis_url)
    shards = [
        name_shard(shard, is_clustered=is_clustered) for shard in list_shards(instruments.values())
    ]
    connections = Connections(settings, push_seconds, Presence(archive), write_orders, shards)
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
    openapi.document(app)
    admission = _make_admission(settings, keys, connections)
    history = History(archive, connections.client, shards, connections.find_client)
    gateway = connections.make_gateway(instruments, reply_seconds, history.read_shards)
    services = Services(
        instruments=instruments,
        gateway=gateway,
        path=open_path(gateway, admission, connections.clock.time),
        history=history,
        halts=Halts(connections.client, shards, connections.find_client),
        clock=connections.clock,
        exchange=BegunExchange(connections.client, shards, connections.find_client),
        market_file=MarketFile(settings.data_dir),
        has_keys=keys is not None,
        health=connections.health,
        metrics=connections.metrics,
        max_body_bytes={
            Body.SINGLE: settings.max_body_bytes,
            Body.BATCH: settings.max_batch_bytes,
        },
        make_document=cache(lambda: encode(app.openapi())),
    )
    for module in (
        order_routes,
        change_routes,
        compound_routes,
        list_routes,
        account_routes,
        history_routes,
        balance_routes,
        money_routes,
        transfer_routes,
        bench_routes,
        market_routes,
        operation_routes,
    ):
        module.routes.mount(app.router, admission, services)
    stream = _make_stream(settings, admission, services, connections)
    app.router.routes.append(WebSocketRoute("/ws/orders", stream.serve))
    app.remember_fixed_routes(admission)
    admission.answer_errors(app)
    return app


def _make_admission(
    settings: Settings, keys: Sequence[ApiKey] | None, connections: Connections
) -> Admission:
    return Admission(
        _make_site_rules(settings, is_open=keys is None),
        _make_authentication(settings, keys, connections.clock.time),
        connections.order_log,
        connections.metrics,
        connections.worker,
    )


def _make_stream(
    settings: Settings, admission: Admission, services: Services, connections: Connections
) -> OrderStream:
    limits = StreamLimits(settings.gateway_max_streams, settings.gateway_max_streams_per_account)
    commands = SocketCommands(admission, services)
    return OrderStream(
        admission,
        services.history,
        connections.feeds,
        limits,
        connections.metrics,
        commands,
    )


def _make_authentication(
    settings: Settings, keys: Sequence[ApiKey] | None, clock: ExchangeTime
) -> Authenticator:
    if keys is None:
        return OpenAuthentication()
    if settings.api_keys_file is None:
        return _make_key_authentication(settings, keys, clock)
    return WatchedKeys(
        settings.api_keys_file,
        lambda: _make_key_authentication(
            settings, read_api_keys(settings.api_keys_file, settings.api_keys), clock
        ),
    )


def _make_key_authentication(
    settings: Settings, keys: Sequence[ApiKey], clock: ExchangeTime
) -> KeyAuthentication:
    # who signs by a key pair cannot be recognized here, and must not come in without
    keys = [key for key in keys if key.secret is not None or key.public_key is None]
    folder = settings.data_dir / "gateway-limits" if settings.uvicorn_workers > 1 else None
    limits = make_limits(keys, settings.rate_limit, folder)
    clocks = (lambda: int(time() * 1000), lambda: clock.now() // 1000)
    return KeyAuthentication(keys, settings.receive_window_ms, limits, clocks)


def _make_site_rules(settings: Settings, *, is_open: bool) -> SiteRules:
    """Make the rules; without keys, only the host's name keeps other pages out."""
    hosts = [settings.gateway_host, *settings.allowed_hosts]
    return SiteRules(
        hosts,
        settings.allowed_origins,
        settings.market_data_port,
        checks_host=is_open,
    )
