"""The web server of a service, with everything set except where it listens."""

import logging
from functools import partial
from types import MappingProxyType
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from edge.connection import HttpConnection
from edge.fault_injection import Describe, FaultInjection, describe_in_our_words
from edge.gate import Gate, Places
from edge.head_rules import HeadRules
from edge.problem_bytes import SAFE_HEADERS
from edge.prompt import Prompts
from edge.rare_log import RareRecords

BACKLOG = 2048


def make_server(
    app: ASGIApp,
    places: Places,
    *,
    websocket: Any,
    max_frame_bytes: int,
    seconds_to_stop: int,
    prompts: Prompts = MappingProxyType({}),
    injects_faults: bool = False,
    describe_fault: Describe = describe_in_our_words,
) -> uvicorn.Server:
    """Make the server. It does not compress: a frame must be the same bytes for every client.

    `prompts` serve without ASGI. If it `injects_faults`, it misbehaves on command, refuses as
    `describe_fault` says, and all goes by ASGI.
    """
    _quieten_uvicorn()
    connection: Any = partial(
        HttpConnection, Gate(places), HeadRules(), {} if injects_faults else prompts
    )
    config = uvicorn.Config(
        FaultInjection(app, describe_fault) if injects_faults else app,
        loop="uvloop",
        http=connection,
        ws=websocket,
        ws_max_size=max_frame_bytes,
        ws_per_message_deflate=False,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        headers=SAFE_HEADERS,
        timeout_graceful_shutdown=seconds_to_stop,
        backlog=BACKLOG,
    )
    return uvicorn.Server(config)


def _quieten_uvicorn() -> None:
    """Keep out of the log what strangers ask for, and most of what they do wrong."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    errors = logging.getLogger("uvicorn.error")
    if not any(isinstance(each, RareRecords) for each in errors.filters):
        errors.addFilter(RareRecords())
