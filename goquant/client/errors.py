"""Errors of the clients: each has the address of the server in it, or the reason of its refusal."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from protocol.enums import Reason


class AnswerError(Exception):
    """A server says no: an HTTP answer from 400 on, or an error message of a stream.

    `status` is that of HTTP, 0 for a message. `code` is the reason, None if the answer is not the
    exchange's own. `detail`, `field`, `nearest` and `step` are those of the problem document,
    `retry_after` is how many seconds to wait, as the server says it.
    """

    def __init__(
        self, status: int, problem: Mapping[str, Any], retry_after: str | None = None
    ) -> None:
        code, detail, nearest = (problem.get(name) for name in ("code", "detail", "nearest"))
        text = f"{code}: {detail}" if code else f"{detail}"
        super().__init__(f"{text}; nearest: {nearest}" if nearest else text)
        self.status = status
        self.code = Reason(problem["code"]) if problem.get("code") in set(Reason) else None
        self.detail = problem.get("detail")
        self.field = problem.get("field")
        self.nearest = problem.get("nearest")
        self.step = problem.get("step")
        self.retry_after = retry_after


class GatewayError(AnswerError):
    """The gateway says no."""


class MarketDataError(AnswerError):
    """The market data service says no."""


class Unreachable(ConnectionError):
    """A server has not answered, or not a change whose connection broke. `url` is its address.

    If the change may be queued, `idempotency_key` names it, and `client_order_ids` are those of its
    orders, in their order: sent again with these, none becomes a second order. If nothing was sent,
    `idempotency_key` is None and `client_order_ids` is empty.
    """

    def __init__(
        self,
        url: str,
        why: str,
        *,
        idempotency_key: str | None = None,
        client_order_ids: tuple[str, ...] = (),
    ) -> None:
        may_be = f"; {_advise(client_order_ids)}" if idempotency_key else ""
        super().__init__(f"{url}: {why}{may_be}")
        self.url = url
        self.idempotency_key = idempotency_key
        self.client_order_ids = client_order_ids


def _advise(client_order_ids: tuple[str, ...]) -> str:
    if not client_order_ids:
        return "the change may be queued: look up its orders before you repeat it"
    if len(client_order_ids) == 1:
        return f"the order may be queued: repeat it with client_order_id={client_order_ids[0]!r}"
    return "the orders may be queued: repeat them with the client_order_ids of this error"


class GatewayUnreachable(Unreachable):
    """The gateway has not answered."""


class MarketDataUnreachable(Unreachable):
    """The market data service has not answered."""


class Server(NamedTuple):
    """A kind of server, and the errors of its clients."""

    name: str
    refusal: type[AnswerError]
    silence: type[Unreachable]


GATEWAY = Server("gateway", GatewayError, GatewayUnreachable)
MARKET_DATA = Server("market data service", MarketDataError, MarketDataUnreachable)
