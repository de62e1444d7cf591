"""A page's policy lets its own scripts and styles run, and nothing that is brought into it."""

import re
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest

from protocol import documentation
from protocol.page_policy import describe_policy

TRADING_PAGE = Path(__file__).parents[3] / "websocket_test.html"


def hash_of(content: str) -> str:
    return f"'sha256-{b64encode(sha256(content.encode()).digest()).decode()}'"


def test_scripts_and_styles_are_named_by_their_hashes() -> None:
    styles = b'<style id="a">b{}</style><style>\n</style>'
    page = b'<script>1 < 2</script>%b<script id="x">\n3</script>' % styles
    policy = describe_policy(page, "'self'")
    assert f"script-src {hash_of('1 < 2')} {hash_of(chr(10) + '3')};" in policy
    assert f"style-src {hash_of('b{}')} {hash_of(chr(10))};" in policy
    assert "unsafe" not in policy
    assert "connect-src 'self';" in policy
    assert policy.endswith("frame-ancestors 'none'")


@pytest.mark.parametrize("page", [documentation.PAGE, TRADING_PAGE.read_bytes()])
def test_our_pages_have_nothing_that_a_policy_by_hash_forbids(page: bytes) -> None:
    assert b"\r" not in page  # a browser reads it as a line's end, and the hash is another one
    markup = re.sub(rb"<(script|style)\b.*?</\1>", b"", page, flags=re.DOTALL)
    assert not re.search(rb"""\s(style|on\w+)=["']""", markup)
    assert b"javascript:" not in markup
    assert b"eval(" not in page
    assert b"new Function" not in page
