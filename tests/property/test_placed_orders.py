"""The short way places an order as the routes do: the same entries, calls and answers, in order.

What is sent is drawn: plain orders, orders that are nearly plain, and both with a byte changed.
"""

import asyncio
import itertools
import json
import logging
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.protocol import State

from edge.api_keys import EVERY_SCOPE, ApiKey, Scope
from edge.prompt import PromptRequest
from edge.site_rules import SiteRules
from edge.websocket import BoundedWebSocket
from order_gateway.account.stream_connection import StreamConnection
from order_gateway.admission.admission import Admission
from order_gateway.admission.authentication import (
    Authenticator,
    KeyAuthentication,
    OpenAuthentication,
)
from order_gateway.admission.order_log import OrderLog
from order_gateway.admission.rate_limit import RateLimit
from order_gateway.errors import Unavailable
from order_gateway.metrics import Metrics
from order_gateway.order_path.implementation import open_path
from order_gateway.queueing import client_order_ids
from order_gateway.queueing.gateway import Gateway
from order_gateway.queueing.waiting_pushes import Push, PushState
from order_gateway.routes.order_routes import place_promptly
from order_gateway.routes.services import Services
from order_gateway.routes.socket_commands import SocketCommands
from protocol.enums import OrderType, Reason, SelfTradePrevention, Side
from protocol.instrument import parse_instruments

pytest.importorskip("order_gateway.order_path.path", reason="there is no short way")

NOW = 1_767_225_600_000_001
INSTRUMENTS = parse_instruments(
    """
    [[instrument]]
    symbol = "BTC-USDT"
    base_asset = "BTC"
    quote_asset = "USDT"
    tick_size = "0.01"
    lot_size = "0.001"
    max_quantity = "900"
    min_notional = "5"

    [[instrument]]
    symbol = "ODD-USDT"
    base_asset = "ODD"
    quote_asset = "USDT"
    tick_size = "0.05"
    lot_size = "1"

    [[instrument]]
    symbol = "ONE-USDT"
    base_asset = "ONE"
    quote_asset = "USDT"
    tick_size = "1"
    lot_size = "1"
    """
)
KEY = b"a-key-of-twenty-characters"

decimals = st.one_of(
    st.sampled_from(["1", "100.00", "7.5", "0.001", "60000.25", "900.001", "007", "1.", ".5", "0"]),
    st.from_regex(r"\d{1,16}(\.\d{0,19})?", fullmatch=True),
    st.text("019.", max_size=4),
)
names = st.one_of(st.text("abcXYZ019.:-_", min_size=1, max_size=9), st.text(max_size=3))
orders = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from([*INSTRUMENTS, "BTC-USDT", "BTC-USDT", "btc-usdt"]),
        "side": st.sampled_from([*Side, "Buy"]),
        "order_type": st.sampled_from([*OrderType, "limit", "limit", "limit"]),
        "quantity": decimals,
    },
    optional={
        "price": decimals,
        "client_order_id": names,
        "self_trade_prevention": st.sampled_from([*SelfTradePrevention, "other"]),
    },
)
good_names = st.one_of(st.text("abcXYZ019.:-_", min_size=1, max_size=9), st.just("x" * 64))
good_orders = st.fixed_dictionaries(
    {
        "symbol": st.sampled_from(["BTC-USDT", "ONE-USDT"]),
        "side": st.sampled_from(Side),
        "order_type": st.sampled_from(["limit", "ioc", "fok", "post_only"]),
        "quantity": st.sampled_from(["1", "7", "007", "900"]),
        "price": st.sampled_from(["5", "60000", "1000000000000", "010"]),
    },
    optional={
        "client_order_id": good_names,
        "self_trade_prevention": st.sampled_from(SelfTradePrevention),
    },
)
fine_orders = st.fixed_dictionaries(
    {
        "symbol": st.just("BTC-USDT"),
        "side": st.sampled_from(Side),
        "order_type": st.just("market"),
        "quantity": st.sampled_from(["7.5", "0.001", "899.999", "1.50"]),
    },
    optional={"client_order_id": good_names},
)
plain_orders = st.one_of(good_orders, fine_orders)
odd = st.dictionaries(
    st.sampled_from(["time_in_force", "unique", "stop_price", "price", "side", "symbol", "é", "x"]),
    st.one_of(st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["gtc", "open", "1"])),
    max_size=1,
)
ids = st.one_of(
    st.integers(-2, 10**19), st.text("a1-", max_size=70), st.sampled_from([0, "é", 1.5, None])
)
around = st.dictionaries(
    st.sampled_from(["response", "wait", "number", "idempotency_key", "symbol"]),
    st.sampled_from(["ack", "result", 1, "k"]),
    max_size=1,
)
changes = st.one_of(
    st.none(), st.none(), st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255))
)
blanks = st.sampled_from([("", ":", ","), (" ", ": ", ", "), ("\t", " :\r\n", "\n,")])


near_orders = st.builds(operator.or_, orders, st.one_of(st.just({}), odd))
near_plain = st.builds(operator.or_, plain_orders, odd)
all_orders = st.one_of(plain_orders, plain_orders, plain_orders, near_plain, near_orders)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    return write(draw(all_orders), draw(blanks), is_ascii=draw(st.booleans()))


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    is_plain = draw(st.sampled_from([True, True, False]))
    number = draw(st.integers(0, 10**6)) if is_plain else draw(ids)
    command = "place" if is_plain else draw(st.sampled_from(["place", "place", "cancel"]))
    more = {} if is_plain else draw(around)
    message = {"id": number, "command": command} | more | {"body": draw(all_orders)}
    if draw(st.booleans()):
        message = dict(reversed(message.items()))
    text = write(message, draw(blanks), is_ascii=draw(st.booleans()))
    return text if is_plain else change(text, draw(changes))


def write(value: object, marks: tuple[str, str, str], *, is_ascii: bool) -> bytes:
    blank, colon, comma = marks
    text = json.dumps(value, separators=(comma, colon), ensure_ascii=is_ascii)
    return f"{blank}{text}{blank}".encode()


def change(text: bytes, place: tuple[float, int] | None) -> bytes:
    if place is None:
        return text
    at = int(place[0] * len(text))
    return text[:at] + bytes([place[1]]) + text[at + 1 :]


class Queue:
    """Keeps what is to be pushed until somebody says what became of it."""

    def __init__(self) -> None:
        self.added: list[tuple[str, bytes]] = []
        self._settled: list[tuple[int, Callable[[list[Push]], None]]] = []

    def add(
        self, account: str, entries: Sequence[bytes], settled: Callable[[list[Push]], None]
    ) -> None:
        self.added += [(account, entry) for entry in entries]
        self._settled.append((len(entries), settled))

    def has_room(self, _account: str, count: int) -> bool:
        return count < 4

    def settle(self, pushes: Sequence[Push]) -> None:
        outcomes = itertools.cycle(pushes)
        for count, settled in self._settled:
            settled(list(itertools.islice(outcomes, count)))


class Asking(Gateway):
    """Takes no order that wants more than to be placed."""

    async def submit_orders(self, *_: object) -> Any:
        raise Unavailable(Reason.QUEUE_UNAVAILABLE, "not here")


class Part:
    """A clock, the gate and the id key in one: what they say never changes."""

    known = b"key of the exchange"
    is_open = True

    def now(self) -> int:
        return NOW

    def scale(self, microseconds: int) -> int:
        return microseconds

    def admit_order(self) -> None:
        return None


class Site(NamedTuple):
    """A gateway of one of the two ways, and what can be seen of it."""

    admission: Admission
    services: Services
    queue: Queue
    lines: list[bytes]
    metrics: Metrics


def open_site(authenticator: Authenticator, *, is_short: bool, is_logged: bool) -> Site:
    queue, lines, metrics, part = Queue(), list[bytes](), Metrics(), cast("Any", Part())
    order_log = OrderLog("json" if is_logged else "text", lines.append)
    order_log.is_wanted = is_logged
    rules = SiteRules([], [], 0, checks_host=False)
    admission = Admission(rules, authenticator, order_log, metrics, "worker")
    nothing = cast("Any", None)
    gateway = Asking(INSTRUMENTS, cast("Any", queue), nothing, part, part, nothing, metrics, part)
    path = open_path(gateway, admission, part) if is_short else None
    parts = dict.fromkeys(Services.__dataclass_fields__, nothing)
    given = {"instruments": INSTRUMENTS, "gateway": gateway, "path": path}
    return Site(admission, Services(**(parts | given)), queue, lines, metrics)


class Connection(StreamConnection):
    """A private stream without a socket."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self.handshake_initiated = True
        self.close_sent = False
        self.conn = cast("Any", SimpleNamespace(state=State.OPEN))

    def begin_command(self, count: int = 1) -> None:
        self.seen += ["begun"] * count

    def answer(self, text: bytes) -> None:
        self.seen.append(text)

    def end_commands(self, answers: Sequence[bytes]) -> None:
        self.seen += [("ended", answer) for answer in answers]

    def _take_frame(self, **_: bool) -> bool:
        self.seen.append("frame")
        return True


def frame(text: bytes, mask: bytes) -> bytes:
    size = len(text)
    head = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2)
    return b"\x81" + head + mask + bytes(a ^ b for a, b in zip(text, itertools.cycle(mask)))


@pytest.fixture(autouse=True)
def parts_of_uvicorn(monkeypatch: pytest.MonkeyPatch) -> None:
    def give_up(connection: Any, data: bytes) -> None:
        connection.seen.append(("for the library", data))

    monkeypatch.setattr(BoundedWebSocket, "data_received", give_up)


def draw_names_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = itertools.count(1)
    monkeypatch.setattr(client_order_ids, "urandom", lambda size: next(numbers).to_bytes(size))


def make_authenticator(rate: int | None) -> Authenticator:
    """Make one with a key of so many requests that never come back, or one without keys."""
    if rate is None:
        return OpenAuthentication()
    key = ApiKey(key=KEY.decode(), account="alice", scopes=frozenset(EVERY_SCOPE))
    return KeyAuthentication([key], 5_000, [RateLimit(rate, lambda: 0.0)], [])


def count_answers(site: Site) -> dict[str, float]:
    text = site.metrics.export({}).decode()
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {
        name: float(value)
        for name, _, value in (line.rpartition(" ") for line in lines)
        if "seconds" not in name and "created" not in name
    }


async def stream(
    site: Site, chunks: Sequence[bytes], pushes: Sequence[Push]
) -> tuple[list[object], Site]:
    connection = Connection()
    headers = [(b"x-api-key", KEY)]
    scope = {"type": "websocket", "path": "/ws/orders", "query_string": b"", "headers": headers}
    request = site.admission.make_context(scope, cast("Any", None))
    caller = site.admission._authenticator
    if isinstance(caller, OpenAuthentication):
        request.account = "default"
    else:
        site.admission.admit(request, Scope.READ)
    commands = SocketCommands(site.admission, site.services)
    connection.listen_to(
        partial(commands.take, connection, request), commands.open_path(connection, request)
    )
    for chunk in chunks:
        connection.data_received(chunk)
    await settle(site, pushes)
    return connection.seen, site


async def settle(site: Site, pushes: Sequence[Push]) -> None:
    site.queue.settle(pushes)
    for _ in range(4):
        await asyncio.sleep(0)
    site.admission.order_log.flush()


async def post(
    site: Site, headers: Mapping[bytes, bytes], texts: Sequence[bytes], pushes: Sequence[Push]
) -> tuple[list[Any], Site]:
    seen: list[Any] = []
    serve = site.admission.guard_prompt(partial(place_promptly, site.services), Scope.TRADE, 65_536)
    scope = {
        "type": "http", "method": "POST", "path": "/v1/orders", "raw_path": b"/v1/orders",
        "query_string": b"", "headers": list(headers.items()), "client": None,
    }  # fmt: skip
    for text in texts:
        asked = PromptRequest(scope, dict(headers), text)
        serve(asked, lambda *answer: seen.append(answer))
    await settle(site, pushes)
    return seen, site


def strip_times(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return the lines of the order log without the time by the wall clock."""
    return [json.loads(line) | {"time": ""} for line in b"".join(lines).splitlines()]


@pytest.fixture(scope="module", autouse=True)
def quiet() -> Iterator[None]:
    """What is lost on purpose is not told."""
    logger = logging.getLogger("order_gateway")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(level)


def check_alike(
    monkeypatch: pytest.MonkeyPatch,
    run: Callable[[Site], Any],
    rate: int | None,
    *,
    is_logged: bool,
) -> int:
    """Run both ways, and compare all that can be seen; return how many orders were placed."""
    both = []
    for is_short in (False, True):
        draw_names_anew(monkeypatch)
        site = open_site(make_authenticator(rate), is_short=is_short, is_logged=is_logged)
        both.append(asyncio.run(run(site)))
    (seen, plain), (short_seen, short) = both
    assert short.queue.added == plain.queue.added
    assert short_seen == seen
    assert strip_times(short.lines) == strip_times(plain.lines)
    assert count_answers(short) == count_answers(plain)
    return len(plain.queue.added)


pushes = st.lists(
    st.builds(Push, st.sampled_from([PushState.CONFIRMED, *PushState]), st.just(1)),
    min_size=1,
    max_size=3,
)
masks = st.binary(min_size=4, max_size=4)
rates = st.one_of(st.none(), st.integers(1, 9))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_stream_is_served_alike_on_both_ways(data: st.DataObject) -> None:
    texts = data.draw(st.lists(messages(), min_size=1, max_size=6))
    sent = b"".join(frame(text, data.draw(masks)) for text in texts)
    sent = change(sent, data.draw(st.one_of(st.none(), changes)))
    cut = data.draw(st.integers(0, len(sent)))
    chunks, outcomes = [sent[:cut], sent[cut:]], data.draw(pushes)
    with pytest.MonkeyPatch.context() as patch:
        check_alike(
            patch,
            lambda site: stream(site, chunks, outcomes),
            data.draw(rates),
            is_logged=data.draw(st.booleans()),
        )


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_bodies_are_served_alike_on_both_ways(data: st.DataObject) -> None:
    drawn = data.draw(st.lists(bodies(), min_size=1, max_size=4))
    texts = [change(text, data.draw(st.one_of(st.none(), changes))) for text in drawn]
    rate, outcomes = data.draw(rates), data.draw(pushes)
    headers = {b"content-type": b"application/json", b"x-request-id": b"r"}
    headers |= data.draw(
        st.sampled_from(
            [{}, {}, {b"prefer": b"wait=1"}, {b"idempotency-key": b"k"}, {b"content-type": b"text"}]
        )
    )
    if rate is None:
        headers |= data.draw(st.sampled_from([{}, {b"x-account": b"bob"}]))
    else:
        headers[b"x-api-key"] = KEY
    with pytest.MonkeyPatch.context() as patch:
        check_alike(
            patch,
            lambda site: post(site, headers, texts, outcomes),
            rate,
            is_logged=data.draw(st.booleans()),
        )


PLAIN = b'{"symbol":"BTC-USDT","side":"buy","order_type":"market","quantity":"7.5"}'
CONFIRMED = [Push(PushState.CONFIRMED, 1)]


@pytest.mark.parametrize("size", [125, 126, 127, 512])
def test_plain_orders_take_the_short_way(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    text = b'{"id": 1, "command": "place", "body": %b}' % PLAIN
    sent = frame(text.ljust(size), b"mask") * 3
    placed = check_alike(
        monkeypatch, lambda site: stream(site, [sent], CONFIRMED), None, is_logged=False
    )
    assert placed == 3
    monkeypatch.setattr(SocketCommands, "take", lambda *_: pytest.fail("it is not plain"))
    site = open_site(OpenAuthentication(), is_short=True, is_logged=False)
    seen, _ = asyncio.run(stream(site, [sent], CONFIRMED))
    assert seen[:3] == ["begun"] * 3
    assert len(seen) == 6


def test_a_plain_body_takes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("order_gateway.routes.order_routes.place_order", None)
    site = open_site(OpenAuthentication(), is_short=True, is_logged=False)
    headers = {b"content-type": b"application/json"}
    seen, _ = asyncio.run(post(site, headers, [PLAIN], CONFIRMED))
    assert [status for status, _, _ in seen] == [201]


def test_a_closed_gate_lets_nothing_in_by_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Part, "is_open", False)
    site = open_site(OpenAuthentication(), is_short=True, is_logged=False)
    path = site.services.path
    assert path is not None
    request = cast("Any", type("Request", (), {}))()
    request.query_string, request.headers = b"", {b"content-type": b"application/json"}
    request.account, request.signature, request.body = "default", None, PLAIN
    assert not path.place(request, lambda *_: None)
    monkeypatch.setattr(Part, "is_open", True)
    monkeypatch.setattr(Part, "known", None)
    assert not path.place(request, lambda *_: None)
    assert site.queue.added == []
