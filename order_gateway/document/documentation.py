"""The page at `/v1/docs`: made in the browser from the OpenAPI document, nothing from elsewhere."""

from pathlib import Path

_PAGE = Path(__file__).parent / "documentation.html"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def read_page() -> str:
    """The page."""
    return _PAGE.read_text()
