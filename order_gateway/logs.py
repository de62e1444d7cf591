"""Log lines: text for people, JSON for machines; the id of the request in each that has one."""

import logging
from contextvars import ContextVar
from typing import Literal

import msgspec

from protocol.timestamps import format_timestamp

SERVICE = "order_gateway"

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)


class TextFormatter(logging.Formatter):
    """`time level service: message`."""

    def __init__(self) -> None:
        super().__init__(f"%(asctime)s %(levelname)s {SERVICE}: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line; with a trace below it where there was an exception."""
        line = super().format(record)
        request_id = current_request.get()
        return f"{line} [{request_id}]" if request_id else line


class JsonFormatter(logging.Formatter):
    """One JSON object an event."""

    def format(self, record: logging.LogRecord) -> str:
        """The object as text."""
        event: dict[str, object] = {
            "time": format_timestamp(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "service": SERVICE,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := current_request.get():
            event["request_id"] = request_id
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(event).decode()


def start_logging(level: str, log_format: Literal["text", "json"]) -> None:
    """To stderr, from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if log_format == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler])
