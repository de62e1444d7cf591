"""Log lines and order-log lines, for people and for machines."""

import asyncio
import json
import logging
from typing import Any, Literal

import pytest
from starlette.responses import Response

from edge.turns import Turns
from order_gateway.admission.order_log import OrderLog
from order_gateway.admission.request_context import RequestContext
from order_gateway.logs import SERVICE, current_request
from protocol.commands import QueueEntry
from protocol.logs import JsonFormatter, TextFormatter

SCOPE: dict[str, Any] = {"headers": [], "path": "/", "query_string": b"", "method": "POST"}


async def receive() -> dict[str, Any]:
    raise AssertionError


def make_record() -> logging.LogRecord:
    return logging.LogRecord("gateway", logging.INFO, "", 0, "%d things", (3,), None)


def test_line_of_json_names_the_request() -> None:
    token = current_request.set("r-1")
    try:
        event = json.loads(JsonFormatter(SERVICE, current_request.get).format(make_record()))
        text = TextFormatter(SERVICE, current_request.get).format(make_record())
    finally:
        current_request.reset(token)
    assert (event["message"], event["level"], event["request_id"]) == ("3 things", "info", "r-1")
    assert text.endswith("INFO order_gateway: 3 things [r-1]")


def test_exception_is_in_the_json_line() -> None:
    record = make_record()
    record.exc_info = (ZeroDivisionError, ZeroDivisionError(), None)
    assert (
        "ZeroDivisionError"
        in json.loads(JsonFormatter(SERVICE, current_request.get).format(record))["exception"]
    )


def write_lines(log_format: Literal["text", "json"]) -> list[bytes]:
    written: list[bytes] = []

    async def run() -> None:
        order_log = OrderLog(log_format, written.append)
        request = RequestContext(SCOPE, receive, "r-1", Turns(1))
        request.entries = [QueueEntry(order_id=str(number), account="alice") for number in (1, 2)]
        order_log.write(request, Response(status_code=201))
        order_log.write(request, Response(status_code=201))
        assert written == []
        await asyncio.sleep(0)

    asyncio.run(run())
    return written


def test_lines_of_a_turn_are_written_together(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    (block,) = write_lines("json")
    lines = [json.loads(line) for line in block.splitlines()]
    assert [line["order_id"] for line in lines] == ["1", "2", "1", "2"]
    assert (lines[0]["account"], lines[0]["status"], lines[0]["request_id"]) == (
        "alice",
        201,
        "r-1",
    )


def test_text_is_for_people_who_asked_for_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert write_lines("text") == []
    caplog.set_level(logging.DEBUG)
    (block,) = write_lines("text")
    assert block.splitlines()[0].endswith(b"alice new 1 -> 201 [r-1]")
