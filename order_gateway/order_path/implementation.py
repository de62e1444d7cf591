"""Choose whether plain orders go the short way, which is compiled or not there at all."""

from importlib import import_module
from typing import TYPE_CHECKING

from order_gateway.account.stream_connection import StreamConnection, TakePlain
from order_gateway.admission.admission import Admission
from order_gateway.admission.request_context import RequestContext
from order_gateway.queueing.gateway import Gateway
from order_gateway.queueing.sharded_gateway import ShardedGateway
from protocol.exchange_clock import ExchangeTime

if TYPE_CHECKING:
    from order_gateway.order_path.path import Conclude, Path


def open_path(
    gateway: Gateway | ShardedGateway, admission: Admission, clock: ExchangeTime
) -> "Path | None":
    """Open the short way to the entrances of a gateway; None if it is not compiled."""
    try:
        module = import_module("order_gateway.order_path.path")
    except ModuleNotFoundError:
        return None
    path: Path = module.Path(gateway.list_entrances(), admission, clock)
    return path


def open_stream(
    path: "Path", connection: StreamConnection, request: RequestContext, conclude: "Conclude"
) -> TakePlain:
    """Open the short way of what comes over a private stream, which `request` began."""
    module = import_module("order_gateway.order_path.path")
    take: TakePlain = module.Stream(path, connection, request, conclude).take
    return take
