"""What the page at `/v1/docs` shows is what works."""

import html
import json
import re
import subprocess
import sys
from pathlib import Path

from tests.support import http
from tests.support.gateway_process import run_exchange
from tests.support.waiting import DEADLINE_SECONDS

KEY, SECRET = "the-key-of-16-characters", "its-secret-of-16-characters"
ORIGIN = '<span id="origin"></span>'
"""What the browser fills in."""
KEYS = json.dumps([{"key": KEY, "secret": SECRET, "account": "alice", "scopes": ["read", "trade"]}])


def test_signing_as_the_page_shows_it_trades(redis_url: str, tmp_path: Path) -> None:
    with run_exchange(redis_url, tmp_path, API_KEYS=KEYS) as exchange:
        page = http.get(f"{exchange.url}/v1/docs").text
        [shown] = re.findall(r'<pre id="signing">\n(.*?)</pre>', page, re.DOTALL)
        program = html.unescape(shown.replace(ORIGIN, exchange.url))
        finished = subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=True,
        )
    order, orders = finished.stdout.splitlines()
    assert "'status': 'open'" in order
    assert "'account': 'alice'" in orders
