"""The page at `/v1/docs`, which the browser builds from the OpenAPI document alone."""

from pathlib import Path

PAGE = (Path(__file__).parent / "documentation.html").read_text()

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self';"
    " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
