"""Ends the streams of keys that are retracted: a stream is admitted once, and may last for days."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context

from edge.api_keys import Scope
from order_gateway.account.stream_connection import StreamConnection
from order_gateway.admission.admission import Admission
from order_gateway.admission.request_context import RequestContext
from protocol.enums import Reason

SECONDS_BETWEEN_LOOKS = 1.0
RETRACTED = "the key was retracted"
_POLICY_VIOLATION = 1008


class KeyWatch:
    """Looks, as long as there are streams, whether other keys count than before."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._open: dict[StreamConnection, RequestContext] = {}
        self._version: object = None
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def watch(self, connection: StreamConnection, request: RequestContext) -> Iterator[None]:
        """End `connection` once the key of `request` is retracted, while the context lasts."""
        self._open[connection] = request
        self._look()
        if self._task is None:
            # in a context of its own: it outlives the request that starts it
            self._task = asyncio.create_task(self._look_forever(), context=Context())
        try:
            yield
        finally:
            del self._open[connection]
            if not self._open and self._task is not None:
                self._task.cancel()
                self._task = None

    async def _look_forever(self) -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)
            self._look()

    def _look(self) -> None:
        version = self._admission.find_keys_version()
        if version is self._version:
            return
        self._version = version
        for connection, request in self._open.items():
            if not self._admission.still_admits(request, Scope.READ):
                connection.end(_POLICY_VIOLATION, Reason.UNAUTHORIZED, RETRACTED)
