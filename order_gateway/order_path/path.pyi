from collections.abc import Callable, Mapping
from typing import Any, final

from order_gateway.admission.admission import Admission
from order_gateway.admission.request_context import RequestContext
from order_gateway.queueing.gateway import Entrance
from order_gateway.queueing.waiting_pushes import Push
from protocol.exchange_clock import ExchangeTime

@final
class Placed:
    request_id: str
    id: bytes
    entry: bytes
    answer: bytes
    began: float
    def __call__(self, pushes: list[Push]) -> None: ...

Conclude = Callable[[Placed, Push], None]

@final
class Path:
    is_logged: bool

    def __init__(
        self, entrances: Mapping[str, Entrance], admission: Admission, clock: ExchangeTime
    ) -> None: ...
    def place(self, request: RequestContext, conclude: Conclude) -> bool: ...

@final
class Stream:
    def __init__(
        self, path: Path, connection: Any, request: RequestContext, conclude: Conclude
    ) -> None: ...
    def take(self, data: bytes, at: int) -> int: ...
