"""A service that misbehaves on command: faults between the socket and the application.

What an application does is as exact as ever; only what a client sees of it changes.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias
from urllib.parse import parse_qs
from weakref import WeakSet

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edge.bodies import BodyTooLarge, ClientGone, receive_body, send_answer
from edge.clock_skew import skew_times
from edge.fault_rules import Fault, FaultRule, FaultRules
from edge.fault_streams import FaultyTransport
from edge.own_machine import is_asked_here
from edge.request_cycle import DISCONNECT
from protocol.codec import encode
from protocol.enums import Reason
from protocol.headers import FAULT_HEADER
from protocol.problem import PROBLEM_MEDIA_TYPE, describe_problem

PATH = "/v1/admin/faults"
_MAX_BODY = 64 * 1024
_REASONS = {
    429: Reason.RATE_LIMITED,
    500: Reason.INTERNAL_ERROR,
    503: Reason.QUEUE_UNAVAILABLE,
}

logger = logging.getLogger(__name__)


class Refusing(NamedTuple):
    """The answer of a fault that refuses."""

    status: int
    body: object
    media_type: str


Describe: TypeAlias = Callable[[Reason, str], Refusing]
"""Says in a service's own words why it refuses."""


def describe_in_our_words(reason: Reason, detail: str) -> Refusing:
    """Describe a refusal as a problem document."""
    problem = describe_problem(reason, detail)
    return Refusing(problem["status"], problem, PROBLEM_MEDIA_TYPE)


class FaultInjection:
    """Wraps an application. Rules are set at PATH, from this machine alone."""

    def __init__(self, app: ASGIApp, describe: Describe = describe_in_our_words) -> None:
        self._app = app
        self._describe = describe
        self._rules = FaultRules()
        self._streams: WeakSet[FaultyTransport] = WeakSet()
        self._down_until = 0.0
        self._halt: tuple[float, Fault] | None = None
        """Until when orders are told of a halt, and the fault that began it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection, with the fault that is its lot."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif scope["path"] == PATH and scope["type"] == "http":
            await self._answer_operator(scope, receive, send)
        elif asyncio.get_running_loop().time() < self._down_until:
            await _break(scope, send)
        elif scope["type"] == "websocket":
            self._follow(scope)
            await self._app(scope, receive, send)
        else:
            fault = self._decide(scope)
            if fault is None:
                await self._app(scope, receive, send)
            else:
                rule = fault.rule
                logger.info("fault %s: %s %s", fault.id, rule.fault, scope["path"])
                await self._inject(fault, scope, receive, send)

    def _decide(self, scope: Scope) -> Fault | None:
        account = _find_account(scope)
        if self._halt is not None:
            until, halt = self._halt
            if asyncio.get_running_loop().time() >= until:
                self._halt = None
            elif halt.rule.is_for(f"{scope['method']} {scope['path']}", account):
                return halt
        return self._rules.decide(scope["method"], scope["path"], account)

    def _follow(self, scope: Scope) -> None:
        """Have the messages of a WebSocket meet the faults that are in force when they are sent."""
        connection = scope["state"]["connection"]
        connection.transport = FaultyTransport(
            connection.transport, self._rules, scope["path"], _find_account(scope)
        )
        self._streams.add(connection.transport)

    async def _inject(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        match fault.rule.fault:
            case "delay":
                await self._delay(fault, scope, receive, send)
            case "refuse":
                detail = f"fault {fault.id} was asked for; nothing was done"
                await self._refuse(send, _REASONS[fault.rule.status], detail, fault)
            case "reset":
                await _break(scope, send)
            case "skew":
                await self._skew(fault, scope, receive, send)
            case "restart":
                self._begin_restart(fault)
                await _break(scope, send)
            case "halt":
                self._begin_halt(fault)
                detail = f"fault {fault.id}: halted"
                await self._refuse(send, Reason.INSTRUMENT_HALTED, detail, fault)
            case "lose":
                await self._app(scope, receive, _swallow)
                await send({"type": DISCONNECT})

    async def _refuse(self, send: Send, reason: Reason, detail: str, fault: Fault) -> None:
        status, body, media_type = self._describe(reason, detail)
        headers = [(b"retry-after", b"1")] if status in {429, 503} else []
        await _answer(send, status, body, media_type, [*headers, _name_fault(fault)])

    def _begin_restart(self, fault: Fault) -> None:
        self._down_until = asyncio.get_running_loop().time() + fault.seconds
        for stream in list(self._streams):
            stream.abort()

    def _begin_halt(self, fault: Fault) -> None:
        """Begin it, unless it is of the one that goes on."""
        if self._halt is None:
            self._halt = (asyncio.get_running_loop().time() + fault.seconds, fault)

    async def _delay(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        is_before = fault.rule.direction == "request"

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                if not is_before:
                    await asyncio.sleep(fault.seconds)
                message["headers"] = [*message["headers"], _name_fault(fault)]
            await send(message)

        if is_before:
            await asyncio.sleep(fault.seconds)
        await self._app(scope, receive, send_named)

    async def _skew(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_skewed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], _name_fault(fault)]
            elif message["type"] == "http.response.body":
                message["body"] = skew_times(message.get("body", b""), fault.seconds)
            await send(message)

        await self._app(scope, receive, send_skewed)

    async def _answer_operator(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_asked_here(scope):
            await _refuse(send, Reason.FORBIDDEN, "faults are set from this machine alone")
        elif scope["method"] == "POST" and not _is_json(scope):  # as a page's form would be
            await _refuse(send, Reason.UNSUPPORTED_MEDIA_TYPE, "send application/json")
        elif scope["method"] == "POST":
            await self._add(receive, send)
        elif scope["method"] == "DELETE":
            self._rules.clear()
            self._down_until = 0.0
            self._halt = None
            await _answer(send, 200, {"faults": []})
        elif scope["method"] == "GET":
            await _answer(send, 200, {"faults": self._rules.list()})
        else:
            await _refuse(send, Reason.METHOD_NOT_ALLOWED, "GET, POST or DELETE")

    async def _add(self, receive: Receive, send: Send) -> None:
        try:
            rule = msgspec.json.decode(await receive_body(receive, _MAX_BODY), type=FaultRule)
            active = self._rules.add(rule)
        except ClientGone:
            return
        except BodyTooLarge:
            detail = f"a rule has at most {_MAX_BODY} bytes"
            await _refuse(send, Reason.INVALID_REQUEST, detail)
        except ValueError as error:  # msgspec's name field and rule
            await _refuse(send, Reason.INVALID_REQUEST, str(error))
        else:
            logger.info("fault rule %d: %s", active.number, rule)
            await _answer(send, 201, active.describe())


def _find_account(scope: Scope) -> str:
    """Return whose request it is, by header or, of a WebSocket, by query."""
    header: bytes | None = dict(scope["headers"]).get(b"x-account")
    if header is not None:
        return header.decode("latin-1")
    query: bytes = scope["query_string"]
    [account, *_] = parse_qs(query.decode("latin-1")).get("account", ["default"])
    return account


def _is_json(scope: Scope) -> bool:
    kind: bytes = dict(scope["headers"]).get(b"content-type", b"")
    return kind.startswith(b"application/json")


async def _break(scope: Scope, send: Send) -> None:
    """Break a connection without a word."""
    if scope["type"] == "websocket":
        scope["state"]["connection"].transport.abort()
    else:
        await send({"type": DISCONNECT})


async def _swallow(_message: Message) -> None:
    """Drop what the application answers."""


def _name_fault(fault: Fault) -> tuple[bytes, bytes]:
    return FAULT_HEADER.lower().encode(), fault.id.encode()


async def _refuse(send: Send, reason: Reason, detail: str) -> None:
    """Refuse an operator's request."""
    await _answer(send, *describe_in_our_words(reason, detail))


async def _answer(
    send: Send,
    status: int,
    body: object,
    media_type: str = "application/json",
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    fields = [(b"content-type", media_type.encode()), *headers]
    await send_answer(send, status, encode(body), fields)
