"""The page at `/v1/docs`, which the browser builds from the OpenAPI document alone."""

from pathlib import Path

from protocol.page_policy import describe_policy

PAGE = (Path(__file__).parent / "documentation.html").read_bytes()
HEADERS = {"Content-Security-Policy": describe_policy(PAGE, "'self'")}
