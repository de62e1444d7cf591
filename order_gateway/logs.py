"""What every log line of this service has: its name, and the id of the request in hand."""

from contextvars import ContextVar

SERVICE = "order_gateway"

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
