"""The way of a request that is served without ASGI: by plain calls, and a task only if it waits."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Protocol

from starlette.responses import Response

from order_gateway.admission.request_context import RequestContext
from order_gateway.errors import Unavailable
from order_gateway.logs import current_request
from protocol.refusal import Refusal

logger = logging.getLogger(__name__)

Work = Coroutine[None, None, Response]
Tell = Callable[[Callable[[], Response]], None]
"""Answers with the response that the function makes, or raises why there is none."""
PromptEndpoint = Callable[[RequestContext, Tell], Work | None]
"""Tells the answer once, now or later, or returns a coroutine that makes it."""

_tasks: set[asyncio.Task[None]] = set()
"""What waits; a task that nobody refers to may vanish."""


class Office(Protocol):
    """What the admission does for every request, whichever way it takes."""

    def has_to_wait(self, request: RequestContext) -> bool:
        """Whether others have their turn before the request is read."""

    def explain(self, error: Refusal | Unavailable, request: RequestContext) -> Response:
        """Count a refusal, and return the answer that tells it."""

    def answer_fault(self) -> Response:
        """Count a fault of the gateway, and return the answer that tells it."""

    def find_delay(self, error: Exception, request: RequestContext) -> float:
        """Return the seconds that the answer has to wait."""

    async def respond(self, work: Work, request: RequestContext) -> Response | None:
        """Return what `work` does, or the answer that says why it does not."""


class Passage:
    """One request: `enter` raises why it may not pass, `answer` is called once with the answer."""

    __slots__ = ("_answer", "_endpoint", "_enter", "_office", "_request")

    def __init__(
        self,
        office: Office,
        request: RequestContext,
        enter: Callable[[RequestContext], None],
        endpoint: PromptEndpoint,
        answer: Callable[[Response], None],
    ) -> None:
        self._office = office
        self._request = request
        self._enter = enter
        self._endpoint = endpoint
        self._answer = answer

    def begin(self) -> None:
        """Let the request through as far as it goes without waiting."""
        self._attempt(self._admit)

    def _admit(self) -> None:
        request = self._request
        self._enter(request)
        if self._office.has_to_wait(request):
            request.enter_turn(partial(self._attempt, self._proceed))
        else:
            self._proceed()

    def _proceed(self) -> None:
        work = self._endpoint(self._request, self._tell)
        if work is not None:
            task = asyncio.create_task(self._finish(work))
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)

    def _tell(self, make: Callable[[], Response]) -> None:
        self._attempt(lambda: self._answer(make()))

    async def _finish(self, work: Work) -> None:
        current_request.set(self._request.request_id)
        response = await self._office.respond(work, self._request)
        assert response is not None  # nobody is waited for
        self._answer(response)

    def _attempt(self, step: Callable[[], None]) -> None:
        """Take a step, or answer with why it cannot be taken."""
        try:
            step()
        except (Refusal, Unavailable) as error:
            response = self._office.explain(error, self._request)
            if seconds := self._office.find_delay(error, self._request):
                asyncio.get_running_loop().call_later(seconds, self._answer, response)
            else:
                self._answer(response)
        except Exception:
            outside = current_request.set(self._request.request_id)
            logger.exception("%s %s failed", self._request.method, self._request.path)
            current_request.reset(outside)
            self._answer(self._office.answer_fault())
