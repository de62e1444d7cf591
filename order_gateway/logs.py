"""What every log line of this service carries: its name and the id of the current request."""

from contextvars import ContextVar

SERVICE = "order_gateway"

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
