"""Log lines of every service: text for people, JSON for machines."""

import logging
from typing import Literal

import msgspec

from protocol.timestamps import format_timestamp, now_in_microseconds


class JsonFormatter(logging.Formatter):
    """One JSON object an event."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The object as text."""
        event = {
            "time": format_timestamp(int(record.created * 1_000_000)),
            "level": record.levelname.lower(),
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            event["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(event).decode()


def start_logging(service: str, level: str, log_format: Literal["text", "json"]) -> None:
    """To stderr, from now on."""
    text = logging.Formatter(f"%(asctime)s %(levelname)s {service}: %(message)s")
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter(service) if log_format == "json" else text)
    logging.basicConfig(level=level.upper(), handlers=[handler])


def to_json_line(service: str, line: str) -> str:
    """`line` where it is a JSON object already, else one that has it as its message."""
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
