"""What the handlers of the routes work with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from order_gateway.account.history import History
from order_gateway.metrics import Metrics
from order_gateway.queueing.begun_exchange import BegunExchange
from order_gateway.queueing.followed_clock import FollowedClock
from order_gateway.queueing.gateway import Gateway
from order_gateway.queueing.halts import Halts
from order_gateway.queueing.sharded_gateway import ShardedGateway
from order_gateway.routes.health import HealthCheck
from protocol.instrument import Instrument
from protocol.market_file import MarketFile

if TYPE_CHECKING:
    from order_gateway.order_path.path import Path


class Body(Enum):
    """A body that a route reads; each kind has its own size limit."""

    SINGLE = auto()
    BATCH = auto()


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one application.

    `path` is the short way of plain orders, if it is compiled. `has_keys`: whether callers need an
    API key. `make_document` returns the application's OpenAPI document as JSON.
    """

    instruments: Mapping[str, Instrument]
    gateway: Gateway | ShardedGateway
    path: "Path | None"
    history: History
    halts: Halts
    clock: FollowedClock
    exchange: BegunExchange
    market_file: MarketFile
    has_keys: bool
    health: HealthCheck
    metrics: Metrics
    max_body_bytes: Mapping[Body, int]
    make_document: Callable[[], bytes]
