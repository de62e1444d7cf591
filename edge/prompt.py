"""Requests that are answered without ASGI: no task, no messages, no coroutines.

All of that costs an order more than its own way into the queue. An application may name targets
that it serves by plain functions; they get what came in one piece and waits for no answer before
it. Everything else goes by ASGI, to the same path: both ways must answer alike.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from starlette.types import Scope


class PromptRequest(NamedTuple):
    """A request as a whole; `fields` has the headers by their names in lower case.

    `scope` has what ASGI's has of the request and of the client, not of the server.
    """

    scope: Scope
    fields: dict[bytes, bytes]
    body: bytes


Respond = Callable[[int, Sequence[tuple[bytes, bytes]], bytes], None]
"""Sends status, headers and body of the answer, with its length; to be called once, some time."""

Prompt = Callable[[PromptRequest, Respond], None]
"""Serves a request; raises nothing."""

Prompts = Mapping[tuple[bytes, bytes], Prompt]
"""By method and target: a path of plain characters, without a query."""
