"""The application: the calls over HTTP, the WebSockets, and what an operator asks."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from starlette.applications import Starlette
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from archive.queries import Archive
from binance_gateway.account.open_limits import MostOpen, OpenLimits
from binance_gateway.admission import Admission
from binance_gateway.connections import Connections
from binance_gateway.rest.transport import Rest
from binance_gateway.services import Services
from binance_gateway.signing.keys import KeyRing, NamedSigners, Signers, WatchedSigners
from binance_gateway.sockets import Sockets
from binance_gateway.streams.host import StreamHost
from binance_gateway.words.filters import Filters
from binance_gateway.words.symbols import Symbols
from binance_gateway.ws_api.transport import WsApi
from edge.answer_metrics import CONTENT_TYPE
from edge.api_keys import ApiKey, read_api_keys
from edge.site_rules import SiteRules
from edge.wrong_keys import WrongKeys
from protocol.codec import encode
from protocol.instrument import Instrument
from protocol.settings import Settings
from protocol.timestamps import now_in_microseconds

Operation = Callable[[], Awaitable[Response]]


class App(Starlette):
    """Answers the operator's paths itself, and gives everything else over HTTP to the calls."""

    rest: Rest
    sockets: Sockets
    operations: Mapping[str, Operation]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection."""
        if scope["type"] == "websocket":
            await self.sockets.serve(scope, receive, send)
        elif scope["type"] != "http":
            await super().__call__(scope, receive, send)
        elif (operation := self.operations.get(scope["path"])) is None:
            await self.rest.serve(scope, receive, send)
        else:
            await (await operation())(scope, receive, send)


def create_app(
    settings: Settings,
    instruments: Mapping[str, Instrument],
    archive: Archive | None = None,
    keys: Sequence[ApiKey] | None = None,
) -> App:
    """Make the application; it connects to Redis when it starts, and starts without Redis too.

    If `archive` is None, questions about the past are answered -1001; if `keys` is None, every
    account's name is a key, and its own secret. Raise ValueError if two instruments would have the
    same name here, for a public key that is none, or for a limit of an asset that there is not.
    """
    symbols = Symbols(instruments)
    signers = _make_signers(settings, keys)
    connections = Connections(settings, dict(instruments), symbols, archive, signers)
    most, commands = _read_limits(settings, symbols), connections.make_commands()
    services = Services(
        settings=settings,
        symbols=symbols,
        filters={symbol.name: Filters(symbol, most.describe(symbol.base)) for symbol in symbols},
        limits=connections.limits,
        open_limits=OpenLimits(most, commands, connections.questions) if any(most) else None,
        market=connections.market,
        status=connections.status,
        halts=connections.halts,
        commands=commands,
        questions=connections.questions,
        listen_keys=connections.listen_keys,
        archive=connections.archive,
        board=connections.board,
    )
    rules = _make_site_rules(settings, is_open=keys is None)
    admission = Admission(
        signers.find, (now_in_microseconds, connections.market.clock.now), WrongKeys()
    )
    app = App(lifespan=connections.live)
    app.rest = Rest(rules, admission, services, connections.metrics)
    streams = StreamHost(connections.readers, connections.listen_keys, connections.user_streams)
    ws_api = WsApi(admission, services, connections.metrics, connections.user_streams)
    app.sockets = Sockets(rules, connections.limits, connections.metrics, streams, ws_api)
    app.operations = _make_operations(connections)
    return app


def _read_limits(settings: Settings, symbols: Symbols) -> MostOpen:
    """Read how much an account may have open; raise ValueError for an asset that is no base."""
    most, bases = MostOpen.read(settings), {symbol.base for symbol in symbols}
    if unknown := most.positions.keys() - bases:
        raise ValueError(
            f"BINANCE_MAX_POSITION: {min(unknown)} is not the base asset of any symbol here, which"
            f" are {', '.join(sorted(bases))}"
        )
    return most


def _make_signers(settings: Settings, keys: Sequence[ApiKey] | None) -> Signers:
    file = settings.api_keys_file
    if keys is None:
        return NamedSigners()
    if file is None:
        return KeyRing(keys)
    return WatchedSigners(file, lambda: read_api_keys(file, settings.api_keys))


def _make_site_rules(settings: Settings, *, is_open: bool) -> SiteRules:
    """Make the rules; without keys, only the host's name keeps other pages out."""
    hosts = [settings.binance_host, *settings.allowed_hosts]
    port = settings.market_data_port
    return SiteRules(hosts, settings.allowed_origins, port, checks_host=is_open)


def _make_operations(connections: Connections) -> dict[str, Operation]:
    health, metrics = connections.health, connections.metrics

    async def answer_health() -> Response:
        found = await health.read()
        return _answer(found, is_well=found["status"] == "ok")

    async def answer_readiness() -> Response:
        found = await health.read_readiness()
        return _answer(found, is_well=found["status"] == "ready")

    async def answer_metrics() -> Response:
        return Response(metrics.export(), media_type=CONTENT_TYPE)

    return {"/health": answer_health, "/readyz": answer_readiness, "/metrics": answer_metrics}


def _answer(body: dict[str, object], *, is_well: bool) -> Response:
    return Response(encode(body), 200 if is_well else 503, media_type="application/json")
