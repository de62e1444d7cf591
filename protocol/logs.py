"""The log lines of every service: text for people, JSON for machines."""

import logging
from collections.abc import Callable
from typing import Literal

import msgspec

from protocol.timestamps import format_timestamp, now_in_microseconds


def _find_no_request() -> str | None:
    """Return None: the service has no requests."""
    return None


class TextFormatter(logging.Formatter):
    """Format an event as `time level service: message [request]`."""

    def __init__(self, service: str, find_request: Callable[[], str | None]) -> None:
        super().__init__(f"%(asctime)s %(levelname)s {service}: %(message)s")
        self._find_request = find_request

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, with a trace below it if there was an exception."""
        line = super().format(record)
        request_id = self._find_request()
        return f"{line} [{request_id}]" if request_id else line


class JsonFormatter(logging.Formatter):
    """Format an event as one JSON object."""

    def __init__(self, service: str, find_request: Callable[[], str | None]) -> None:
        super().__init__()
        self._service = service
        self._find_request = find_request

    def format(self, record: logging.LogRecord) -> str:
        """Return the object as text."""
        event = {
            "time": format_timestamp(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id := self._find_request():
            event["request_id"] = request_id
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(event).decode()


def start_logging(
    service: str,
    level: str,
    log_format: Literal["text", "json"],
    find_request: Callable[[], str | None] = _find_no_request,
) -> None:
    """Write log lines to stderr; `find_request` returns the id of the request being served."""
    formatter = JsonFormatter if log_format == "json" else TextFormatter
    handler = logging.StreamHandler()
    handler.setFormatter(formatter(service, find_request))
    logging.basicConfig(level=level.upper(), handlers=[handler])


def to_json_line(service: str, line: str) -> str:
    """Return `line` if it is a JSON object already, else an object with it as its message."""
    if line.startswith("{"):
        try:
            msgspec.json.decode(line, type=dict)
        except msgspec.DecodeError:
            pass
        else:
            return line
    time = format_timestamp(now_in_microseconds())
    event = {"time": time, "level": "info", "service": service, "message": line}
    return msgspec.json.encode(event).decode()
