"""The calls: each is registered once, with its REST path and its WebSocket API method.

A handler is a function of the services and of one use of the call: the values of its parameters,
who asks, and in which unit moments are wanted. It returns what is encoded as the answer, or raises
BinanceError.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from binance_gateway.calls.parameters import Parameter, Parameters
from binance_gateway.services import Services
from binance_gateway.words.times import TimeUnit
from edge.api_keys import Scope


class Security(Enum):
    """What a call asks of its caller."""

    NONE = (None, False)
    KEY = (Scope.READ, False)
    USER_DATA = (Scope.READ, True)
    TRADE = (Scope.TRADE, True)

    def __init__(self, scope: Scope | None, is_signed: bool) -> None:
        self.scope = scope
        """What the key must be good for; None: no key is needed."""
        self.is_signed = is_signed


@dataclass(slots=True)
class Call:
    """One use of a call. `now` is when it came, in microseconds.

    `check_age` raises BinanceError once the request is too old to be queued. `orders` is how many
    orders the account has placed by now, if the handler has counted: by window, as `limits` say.
    `is_free`: the handler has found that this use weighs nothing.
    """

    values: Mapping[str, Any]
    now: int
    account: str = ""
    key: str = ""
    address: str = ""
    unit: TimeUnit = TimeUnit.MILLISECOND
    check_age: Callable[[], None] = lambda: None
    orders: tuple[int, ...] | None = None
    is_free: bool = False

    def __getitem__(self, name: str) -> Any:
        """Return the value of a parameter, None if it was not sent."""
        return self.values[name]

    def moment(self, microseconds: int) -> int:
        """Return a moment in the unit that the client wants."""
        return self.unit.of(microseconds)


Weigh = Callable[[Mapping[str, str]], int]
"""Returns a call's weight, from the text of its parameters, which are not checked yet."""
Handler = Callable[[Services, Call], Awaitable[object]]


class Route(NamedTuple):
    """A call as it is registered.

    `method` and `path` are those of REST, `name` is the method of the WebSocket API; None where
    there is no such thing. `is_free_if_done`: it weighs nothing if it succeeds.
    `parameters` is None if they are not read.
    """

    method: str | None
    path: str | None
    name: str | None
    handler: Handler
    weigh: Weigh
    security: Security
    parameters: Parameters | None
    is_free_if_done: bool


@dataclass(slots=True)
class RouteTable:
    """The calls of one module."""

    routes: list[Route] = field(default_factory=list)

    def add(
        self,
        rest: str | None,
        name: str | None,
        weight: int | Weigh,
        *parameters: Parameter,
        security: Security = Security.NONE,
        is_free_if_done: bool = False,
        reads_parameters: bool = True,
    ) -> Callable[[Handler], Handler]:
        """Return a decorator that registers a handler.

        `rest` is method and path, such as `GET ping`; a path that does not begin with a slash is
        below `/api/v3`.
        """
        method, _, path = (rest or "").partition(" ")
        full = path if path.startswith("/") else f"/api/v3/{path}"
        weigh = weight if callable(weight) else _always(weight)
        read = Parameters(parameters, is_signed=security.is_signed) if reads_parameters else None

        def register(handler: Handler) -> Handler:
            self.routes.append(
                Route(
                    method or None, full if path else None, name, handler, weigh, security, read,
                    is_free_if_done,
                )
            )  # fmt: skip
            return handler

        return register


def _always(weight: int) -> Weigh:
    return lambda _: weight
