"""Refuses bodies of what can be asked for: no route of the feed reads one."""

from starlette.types import ASGIApp, Receive, Scope, Send

from edge.unread_body import may_have_body, read_nothing
from market_data.web.problems import ProblemRaised
from protocol.refusal import Refusal


class UnreadBodies:
    """ASGI middleware that lets a request through if its body says nothing."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request, or refuse it because of its body."""
        is_question = scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}
        if is_question and may_have_body(dict(scope["headers"])):
            try:
                if await read_nothing(receive) is None:
                    return
            except Refusal as refusal:
                response = ProblemRaised(refusal.code, refusal.detail).to_response()
                await response(scope, receive, send)
                return
        await self._app(scope, receive, send)
