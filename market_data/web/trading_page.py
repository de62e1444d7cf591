"""The trading page at `/`, and what it asks about the system that serves it."""

import gzip
from pathlib import Path

import msgspec
from fastapi import APIRouter
from starlette.requests import Request
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


class TradingPage:
    """The page's file as it was at the start, plain and compressed."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._compressed = gzip.compress(content, compresslevel=9, mtime=0)
        policy = describe_policy(content, _CONNECTS_TO, "data:")
        self._headers = _ALWAYS_ASK | {
            "Content-Security-Policy": policy,
            "Vary": "Accept-Encoding",
        }

    def answer(self, accept_encoding: str) -> Response:
        """Return the page, compressed for whoever takes that."""
        if not _takes_gzip(accept_encoding):
            return HTMLResponse(self._content, headers=self._headers)
        return HTMLResponse(self._compressed, headers=self._headers | {"Content-Encoding": "gzip"})


def make_page_router(settings: PageSettings) -> APIRouter:
    """Make the routes of the page."""
    router = APIRouter(include_in_schema=False)
    answer = encode(settings)
    page = TradingPage(PAGE.read_bytes()) if PAGE.is_file() else None

    @router.get("/v1/page-settings")
    async def read_page_settings() -> Response:
        return Response(answer, media_type="application/json", headers=_ALWAYS_ASK)

    @router.get("/")
    async def read_page(request: Request) -> Response:
        if page is None:
            raise ProblemRaised(
                Reason.NOT_FOUND,
                "websocket_test.html is not beside the package market_data; see /v1/docs for the"
                " rest",
            )
        return page.answer(request.headers.get("accept-encoding", ""))

    return router


def _takes_gzip(accept_encoding: str) -> bool:
    """Return whether the header names gzip, and not as what is not acceptable (`q=0`)."""
    for item in accept_encoding.lower().split(","):
        coding, _, weight = item.replace(" ", "").partition(";q=")
        if coding == "gzip":
            return weight.strip("0.") != "" or weight == ""
    return False
