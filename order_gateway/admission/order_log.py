"""One line for each order and each change: who asked for what, and what they were told.

The lines of one turn of the event loop are written together, and not by the logging module, which
would slow every order down.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from starlette.responses import Response

from order_gateway.admission.request_context import RequestContext
from order_gateway.logs import SERVICE
from protocol.codec import encode
from protocol.commands import QueueEntry
from protocol.timestamps import format_timestamp, now_in_microseconds

logger = logging.getLogger(__name__)

MAX_LINES = 10_000
"""Lines kept until the end of a turn; at this many they are written immediately."""


class OrderLog:
    """Writes the lines: as JSON from level info on, as text only at level debug.

    Text is read by people, who would not find the other lines among those of the orders.
    """

    def __init__(
        self,
        log_format: Literal["text", "json"],
        write: Callable[[bytes], object],
    ) -> None:
        level = logging.INFO if log_format == "json" else logging.DEBUG
        self.is_wanted = logger.isEnabledFor(level)
        self._make_line = _make_json_line if log_format == "json" else _make_text_line
        self._write = write
        self._lines: list[bytes] = []

    def write(self, request: RequestContext, response: Response) -> None:
        """Add a line for each entry that `request` led to."""
        if not self.is_wanted:
            return
        if not self._lines:
            asyncio.get_running_loop().call_soon(self.flush)
        now = format_timestamp(now_in_microseconds())
        for entry in request.entries:
            self._lines.append(self._make_line(now, request, entry, response.status_code))
        if len(self._lines) >= MAX_LINES:
            self.flush()

    def flush(self) -> None:
        """Write the lines that were kept."""
        lines, self._lines = self._lines, []
        if lines:
            self._write(b"".join(lines))


def _make_json_line(now: str, request: RequestContext, entry: QueueEntry, status: int) -> bytes:
    event = {
        "time": now,
        "level": "info",
        "service": SERVICE,
        "message": "audit",
        "request_id": request.request_id,
        "key": request.key_name,
        "command": entry.command,
        "account": entry.account,
        "order_id": entry.order_id,
        "client_order_id": entry.client_order_id,
        "status": status,
        "entry": entry,
    }
    return encode(event) + b"\n"


def _make_text_line(now: str, request: RequestContext, entry: QueueEntry, status: int) -> bytes:
    who = f"{entry.account} ({request.key_name})" if request.key_name else entry.account
    what = f"{entry.command} {entry.order_id or entry.symbol or ''} {entry.client_order_id or ''}"
    line = f"{now} AUDIT {SERVICE}: {who} {what.strip()} -> {status} [{request.request_id}]\n"
    return line.encode()
