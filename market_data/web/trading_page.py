"""The trading page at `/`, and what it asks about the system that serves it."""

from pathlib import Path

import msgspec
from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from market_data.web.problems import ProblemRaised
from protocol.codec import encode
from protocol.enums import Reason

PAGE = Path(__file__).resolve().parents[2] / "websocket_test.html"
_ALWAYS_ASK = {"Cache-Control": "no-cache"}
_HEADERS = _ALWAYS_ASK | {"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff"}
"""In a frame, a stranger's page could make the user click on orders."""


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
        return FileResponse(PAGE, media_type="text/html", headers=_HEADERS)

    return router
