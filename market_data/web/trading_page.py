"""The trading page at `/`, and what it asks about the system that serves it."""

from pathlib import Path

import msgspec
from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from market_data.web.problems import ProblemRaised
from protocol.codec import encode
from protocol.enums import Reason
from protocol.page_policy import describe_policy

PAGE = Path(__file__).resolve().parents[2] / "websocket_test.html"
_ALWAYS_ASK = {"Cache-Control": "no-cache"}
_CONNECTS_TO = "ws: wss: http: https:"
"""The gateway, and the feed where the page's user says: either may have another name."""


class PageSettings(msgspec.Struct, frozen=True):
    """Where the page sends orders: `gateway_url`, or the page's own host at `gateway_port`."""

    gateway_url: str | None
    gateway_port: int


def make_page_router(settings: PageSettings) -> APIRouter:
    """Make the routes of the page."""
    router = APIRouter(include_in_schema=False)
    answer = encode(settings)

    @router.get("/v1/page-settings")
    async def read_page_settings() -> Response:
        return Response(answer, media_type="application/json", headers=_ALWAYS_ASK)

    @router.get("/")
    async def read_page() -> Response:
        if not PAGE.is_file():
            raise ProblemRaised(
                Reason.NOT_FOUND,
                "websocket_test.html is not beside the package market_data; see /v1/docs for the"
                " rest",
            )
        page = PAGE.read_bytes()
        policy = describe_policy(page, _CONNECTS_TO, "data:")
        return HTMLResponse(page, headers=_ALWAYS_ASK | {"Content-Security-Policy": policy})

    return router
